import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { readConfig } from "../../../plugins/kubernetes/config";
import { checkpoint, parseState } from "../../../plugins/kubernetes/state";
import {
    fromStruct,
    hasSecret,
    hasUnknown,
    markSecrets,
    plain,
    Secret,
    toStruct,
    unknown,
    type Properties,
    type Value,
} from "../../../plugins/kubernetes/values";

describe("values of the engine", () => {
    const value = fc.letrec<{ value: Value }>((tie) => ({
        value: fc.oneof(
            { maxDepth: 3 },
            fc.string(),
            fc.integer(),
            fc.boolean(),
            fc.constant(null),
            fc.constant(unknown),
            tie("value").map((inner) => new Secret(inner)),
            fc.array(tie("value"), { maxLength: 3 }),
            fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie("value"), { maxKeys: 3, noNullPrototype: true }),
        ),
    })).value;

    it("come back from the wire as they went, secrets and unknowns too", () => {
        fc.assert(fc.property(value, (inner) => assert.deepEqual(fromStruct(toStruct({ inner })), { inner })));
    });

    it("are without secret marks when plain, and with what is unknown", () => {
        fc.assert(
            fc.property(value, (inner) => {
                assert.equal(hasSecret(plain(inner)), false);
                assert.equal(hasUnknown(plain(inner)), hasUnknown(inner));
            }),
        );
    });

    it("are secret on the way out where they were on the way in, and no wider than needed", () => {
        const ins = {
            a: new Secret("x"),
            b: { c: new Secret(1), d: 2 },
            list: [new Secret("y"), "z"],
            gone: new Secret(1),
        };
        const outs = { a: "x", b: { c: 1, d: 2, added: 3 }, list: ["z", "y"], status: "s" };
        assert.deepEqual(markSecrets(outs, ins), {
            a: new Secret("x"),
            b: { c: new Secret(1), d: 2, added: 3 },
            list: new Secret(["z", "y"]),
            status: "s",
        });
    });
});

describe("the state of a resource", () => {
    const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    const bookkeeping = { fieldManager: "pulumi-kubernetes-0a1b2c3d", initialApiVersion: "v1" };

    it("gives back what it was made of", () => {
        const [inputs, live]: Properties[] = [
            { kind: "ConfigMap", data: { a: "1" } },
            { kind: "ConfigMap", data: { a: "1", b: "2" } },
        ];
        assert.deepEqual(parseState(checkpoint(inputs ?? {}, live ?? {}, {}, bookkeeping)), {
            inputs,
            live,
            bookkeeping,
        });
    });

    it("hides a Secret's data whatever the inputs were", () => {
        const secret = { kind: "Secret", data: { a: "MQ==" } };
        const state = checkpoint(secret, secret, secret, bookkeeping);
        assert.deepEqual(
            [state.data, (state.__inputs as Properties).data],
            [new Secret(secret.data), new Secret(secret.data)],
        );
    });

    it("hides what kubectl keeps of a Secret, or of inputs with secrets, in an annotation; of others it shows it", () => {
        const applied = (kind: string, data: Properties): Properties => ({
            kind,
            metadata: { annotations: { [lastApplied]: JSON.stringify(data) } },
            data,
        });
        const [secret, map] = [applied("Secret", { a: "hunter2" }), applied("ConfigMap", { a: "hunter2" })];
        const shown = (object: Properties, from: Properties): string =>
            JSON.stringify(checkpoint(object, object, from, bookkeeping), (_, value: unknown) =>
                value instanceof Secret ? "hidden" : value,
            );
        // Without inputs it is an import; a state of before is what a deletion that fails is kept from.
        for (const from of [{}, secret]) assert.doesNotMatch(shown(secret, from), /hunter2/);
        assert.doesNotMatch(shown(map, { kind: "ConfigMap", data: { a: new Secret("hunter2") } }), /hunter2/);
        assert.match(shown(map, map), /"\{.*hunter2.*\}"/);
        assert.deepEqual(parseState(checkpoint(secret, secret, {}, bookkeeping)).live, secret);
    });

    it("spells a schema's extensions as the SDKs can", () => {
        const live = { spec: { "x-kubernetes-int-or-string": true } };
        const state = checkpoint(live, live, {}, bookkeeping);
        assert.deepEqual(state.spec, { x_kubernetes_int_or_string: true });
        assert.deepEqual(parseState(state).live, live);
    });
});

describe("the provider's configuration", () => {
    it("reads strings as the engine sends them, and the environment where nothing is said", () => {
        const config = readConfig(
            { kubeconfig: "/k", namespace: "shop", enableServerSideApply: "true", kubeClientSettings: '{"timeout":5}' },
            { PULUMI_K8S_DELETE_UNREACHABLE: "true" },
        );
        assert.deepEqual(
            [config.kubeconfig, config.namespace, config.requestTimeoutMs, config.deleteUnreachable],
            ["/k", "shop", 5000, true],
        );
    });

    it("takes a kubeconfig as an object or as a secret", () => {
        assert.equal(readConfig({ kubeconfig: new Secret({ clusters: [] }) }, {}).kubeconfig, '{"clusters":[]}');
    });

    it("tells helm what it says of Releases, in helm's own variables, and leaves out what nobody says", () => {
        const settings = JSON.stringify({ driver: "configmap", repositoryCache: "/cache" });
        const env = { PULUMI_K8S_HELM_DRIVER: "secret", PULUMI_K8S_HELM_PLUGINS_PATH: "/plugins" };
        assert.deepEqual(readConfig({ helmReleaseSettings: settings }, env).helm, {
            HELM_DRIVER: "configmap",
            HELM_PLUGINS: "/plugins",
            HELM_REPOSITORY_CACHE: "/cache",
        });
    });

    it("refuses what only the official provider can do", () => {
        assert.throws(() => readConfig({ renderYamlToDirectory: "out" }, {}), /renderYamlToDirectory/);
        assert.throws(() => readConfig({ enableServerSideApply: "false" }, {}), /enableServerSideApply/);
        const driver = { helmReleaseSettings: { driver: "sql" } };
        assert.throws(() => readConfig(driver, {}), /helmReleaseSettings\.driver "sql": only the official/);
    });
});

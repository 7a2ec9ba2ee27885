import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { compare, pathText, prune } from "../../../plugins/kubernetes/compare";
import { diff, type Diff, type DiffOptions } from "../../../plugins/kubernetes/diff";
import { unknown, type Properties, type Value } from "../../../plugins/kubernetes/values";

const options: DiffOptions = {
    mutable: { configMaps: false, secrets: false },
    isPatch: false,
    ignoreChanges: [],
    isNamespaced: async () => true,
};

describe("differences", () => {
    it("are named by the deepest place that changes", async () => {
        const http = (weight: number): Value => [
            { match: [{ uri: { exact: "/" } }] },
            { route: [{ weight }, { weight: 100 - weight }] },
        ];
        const changes = await changesOf(route({ http: http(80) }), route({ http: http(60) }));
        assert.deepEqual(changes, {
            "spec.http[1].route[0].weight": "UPDATE",
            "spec.http[1].route[1].weight": "UPDATE",
        });
    });

    const table: [what: string, before: Properties, after: Properties, changes: Record<string, string>][] = [
        ["nothing", { a: 1, b: [{ c: null }] }, { a: 1, b: [{ c: null }] }, {}],
        ["a member more", { a: 1 }, { a: 1, b: { c: 1 } }, { "spec.b": "ADD" }],
        ["a member less", { a: 1, b: { c: 1 } }, { a: 1 }, { "spec.b": "DELETE" }],
        ["an item more", { a: [1] }, { a: [1, { b: 2 }] }, { "spec.a[1]": "ADD" }],
        ["an item less", { a: [1, 2] }, { a: [1] }, { "spec.a[1]": "DELETE" }],
        ["another type", { a: 1 }, { a: [1] }, { "spec.a": "UPDATE" }],
        ["a member with a dot", { "x.y/z": 1 }, { "x.y/z": 2 }, { 'spec["x.y/z"]': "UPDATE" }],
        ["what is not known yet", { a: 1 }, { a: unknown, b: unknown }, { "spec.a": "UPDATE", "spec.b": "ADD" }],
    ];
    for (const [what, before, after, changes] of table) {
        it(`show ${what}`, async () => assert.deepEqual(await changesOf(route(before), route(after)), changes));
    }

    it("do not show what the cluster has added", async () => {
        const made = route({ hosts: ["web"] });
        const live = {
            ...made,
            metadata: { ...(made.metadata as Properties), uid: "1" },
            spec: { hosts: ["web"], more: 1 },
            status: {},
        };
        assert.deepEqual((await between(made, made, live)).detailed, {});
    });

    it("show what others changed, once a refresh has seen it", async () => {
        const made = route({ hosts: ["web"] });
        assert.deepEqual(names(await between(made, made, route({ hosts: ["theirs"] }))), { "spec.hosts[0]": "UPDATE" });
    });

    it("leave out what is to be ignored, and all below it", async () => {
        const changed = route({ http: [{ weight: 1 }], hosts: ["b"] });
        const { detailed } = await between(route({ http: [{ weight: 2 }], hosts: ["a"] }), changed, undefined, {
            ignoreChanges: ["spec.http"],
        });
        assert.deepEqual(Object.keys(detailed), ["spec.hosts[0]"]);
    });

    it("ask for no update when only the default namespace is written out", async () => {
        const [without, written] = [
            object("v1", "ConfigMap", {}),
            object("v1", "ConfigMap", { metadata: { name: "a", namespace: "default" } }),
        ];
        assert.deepEqual((await between(without, written)).detailed, {});
    });
});

describe("replacements", () => {
    const immutable: [apiVersion: string, kind: string, before: Properties, after: Properties, replaces: string[]][] = [
        ["v1", "ConfigMap", { data: { a: "1" } }, { data: { a: "2" } }, ["data.a"]],
        [
            "v1",
            "ConfigMap",
            { metadata: { name: "a", labels: { a: "1" } } },
            { metadata: { name: "a", labels: { a: "2" } } },
            [],
        ],
        ["v1", "Secret", { data: { a: "MQ==" } }, { data: { a: "Mg==" } }, ["data.a"]],
        ["v1", "Secret", { type: "Opaque" }, { type: "other" }, ["type"]],
        ["v1", "Service", { spec: { clusterIP: "10.0.0.1" } }, { spec: { clusterIP: "10.0.0.2" } }, ["spec.clusterIP"]],
        ["v1", "Service", { spec: { selector: { app: "a" } } }, { spec: { selector: { app: "b" } } }, []],
        ["v1", "Pod", pod({ image: "a" }), pod({ image: "b" }), ["spec.containers[0].image"]],
        ["v1", "Pod", { spec: { tolerations: [] } }, { spec: { tolerations: [{ key: "a" }] } }, []],
        [
            "v1",
            "PersistentVolumeClaim",
            { spec: { accessModes: ["a"] } },
            { spec: { accessModes: ["b"] } },
            ["spec.accessModes[0]"],
        ],
        [
            "v1",
            "PersistentVolumeClaim",
            { spec: { resources: { requests: { storage: "1Gi" } } } },
            { spec: { resources: { requests: { storage: "2Gi" } } } },
            [],
        ],
        ["apps/v1", "Deployment", { spec: selector("a") }, { spec: selector("b") }, ["spec.selector.matchLabels.app"]],
        ["apps/v1", "Deployment", { spec: { replicas: 1 } }, { spec: { replicas: 2 } }, []],
        ["apps/v1", "DaemonSet", { spec: selector("a") }, { spec: selector("b") }, ["spec.selector.matchLabels.app"]],
        [
            "apps/v1",
            "StatefulSet",
            { spec: { serviceName: "a" } },
            { spec: { serviceName: "b" } },
            ["spec.serviceName"],
        ],
        [
            "batch/v1",
            "Job",
            { spec: { template: { spec: { a: 1 } } } },
            { spec: { template: { spec: { a: 2 } } } },
            ["spec.template.spec.a"],
        ],
        ["batch/v1", "Job", { spec: { suspend: true } }, { spec: { suspend: false } }, []],
        [
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            { roleRef: { name: "a" } },
            { roleRef: { name: "b" } },
            ["roleRef.name"],
        ],
        ["storage.k8s.io/v1", "StorageClass", { provisioner: "a" }, { provisioner: "b" }, ["provisioner"]],
        ["policy/v1", "PodDisruptionBudget", { spec: { minAvailable: 1 } }, { spec: { minAvailable: 2 } }, []],
        ["policy/v1", "PodDisruptionBudget", { spec: {} }, { spec: { unhealthyPodEvictionPolicy: "AlwaysAllow" } }, []],
        ["example.org/v1", "Deployment", { spec: selector("a") }, { spec: selector("b") }, []],
        ["example.org/v1", "Thing", { metadata: { name: "a" } }, { metadata: { name: "b" } }, ["metadata.name"]],
    ];
    for (const [apiVersion, kind, before, after, replaces] of immutable) {
        const what = replaces.length ? `need a new object: ${replaces.join()}` : "are made in place";
        it(`${apiVersion}/${kind} ${JSON.stringify(before)} → ${JSON.stringify(after)}: changes ${what}`, async () => {
            assert.deepEqual(
                (await between(object(apiVersion, kind, before), object(apiVersion, kind, after))).replaces,
                replaces,
            );
        });
    }

    it("delete first what has a fixed name, and create first what gets a new one", async () => {
        const map = (name: string, data: string, annotations: Properties): Properties =>
            object("v1", "ConfigMap", { metadata: { name, namespace: "shop", annotations }, data: { data } });
        const autonamed = { "pulumi.com/autonamed": "true" };
        assert.equal((await between(map("a", "1", {}), map("a", "2", {}))).deleteBeforeReplace, true);
        assert.equal((await between(map("a", "1", autonamed), map("a", "2", autonamed))).deleteBeforeReplace, false);
        assert.equal((await between(map("a", "1", {}), map("b", "1", {}))).deleteBeforeReplace, false);
    });

    it("are none of a ConfigMap's data where the provider is told to update it", async () => {
        const [before, after] = ["1", "2"].map((a) => object("v1", "ConfigMap", { data: { a } })) as [
            Properties,
            Properties,
        ];
        const mutable = { mutable: { configMaps: true, secrets: true } };
        assert.deepEqual((await between(before, after, undefined, mutable)).replaces, []);
        const frozen = { ...before, immutable: true };
        assert.deepEqual((await between(frozen, { ...after, immutable: true }, undefined, mutable)).replaces, [
            "data.a",
        ]);
    });

    it("are none of a patch, unless it moves to another object", async () => {
        const [before, after] = ["1", "2"].map((a) => object("v1", "ConfigMap", { data: { a } })) as [
            Properties,
            Properties,
        ];
        assert.deepEqual((await between(before, after, undefined, { isPatch: true })).replaces, []);
        const moved = object("v1", "ConfigMap", { metadata: { name: "other" }, data: { a: "1" } });
        assert.deepEqual((await between(before, moved, undefined, { isPatch: true })).replaces, ["metadata.name"]);
    });
});

describe("comparing", () => {
    const json = fc.letrec<{ value: Value }>((tie) => ({
        value: fc.oneof(
            { maxDepth: 3 },
            fc.string({ maxLength: 3 }),
            fc.integer(),
            fc.boolean(),
            fc.array(tie("value"), { maxLength: 3 }),
            fc.dictionary(fc.string({ minLength: 1, maxLength: 2 }), tie("value"), {
                maxKeys: 3,
                noNullPrototype: true,
            }),
        ),
    })).value;

    it("finds nothing between a value and itself, and something between two that differ", () => {
        fc.assert(
            fc.property(json, json, (one, other) => {
                assert.deepEqual(compare(one, one, []), []);
                assert.equal(
                    compare({ a: one }, { a: other }, []).length === 0,
                    JSON.stringify(one) === JSON.stringify(other) || same(one, other),
                );
            }),
        );
    });

    it("finds each place once", () => {
        fc.assert(
            fc.property(json, json, (one, other) => {
                const paths = compare({ a: one }, { a: other }, []).map(({ path }) => JSON.stringify(path));
                assert.equal(new Set(paths).size, paths.length);
            }),
        );
    });

    it("cuts a live object to the members of another", () => {
        const live: Properties = { a: 1, b: { c: 1, d: 2 }, e: [{ f: 1, g: 2 }, { f: 3 }] };
        assert.deepEqual(prune(live, { b: { c: 9, x: 9 }, e: [{ f: 9 }] }), { b: { c: 1 }, e: [{ f: 1 }] });
        assert.deepEqual(prune(live, { a: { changed: "type" }, e: [] }), { a: 1, e: [] });
    });

    it("writes places as Pulumi does", () => {
        assert.equal(pathText(["spec", "http", 0, "route", 1, "weight"]), "spec.http[0].route[1].weight");
        assert.equal(pathText(["metadata", "labels", 'a.b"c']), 'metadata.labels["a.b\\"c"]');
    });
});

function same(one: Value, other: Value): boolean {
    try {
        assert.deepStrictEqual(one, other);
        return true;
    } catch {
        return false;
    }
}

function object(apiVersion: string, kind: string, rest: Properties): Properties {
    return { apiVersion, kind, metadata: { name: "a" }, ...rest };
}

function route(spec: Properties): Properties {
    return object("mesh.example.org/v1", "Route", { spec });
}

function pod(container: Properties): Properties {
    return { spec: { containers: [{ name: "main", ...container }] } };
}

function selector(app: string): Properties {
    return { selector: { matchLabels: { app } } };
}

/** The differences between inputs, where the live object is what was put in unless it says otherwise. */
function between(before: Properties, after: Properties, live = before, more: Partial<DiffOptions> = {}): Promise<Diff> {
    const metadata = { namespace: "default", ...(live.metadata as Properties) };
    return diff({ ...live, metadata, __inputs: before }, after, { ...options, ...more });
}

async function changesOf(before: Properties, after: Properties): Promise<Record<string, string>> {
    return names(await between(before, after));
}

function names({ detailed }: Diff): Record<string, string> {
    return Object.fromEntries(Object.entries(detailed).map(([path, { kind }]) => [path, kind]));
}

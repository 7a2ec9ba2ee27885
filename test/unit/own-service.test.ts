import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { patched, readPatch } from "../../components/workloads/podPatch";
import { portProblems, servicePorts, type PortArgs } from "../../components/workloads/ports";
import { probeProblems, probesOf } from "../../components/workloads/probes";
import { nameProblems } from "../../components/traffic/split/versionNames";
import { mountProblems } from "../../components/workloads/volumes";

const messages = (problems: readonly { at: string; message: string; fix?: string | undefined }[]): string[] =>
    problems.map(({ at, message, fix }) => `${at}: ${message}\n  fix: ${fix}`);

describe("a service's ports", () => {
    const told = (...ports: PortArgs[]): string[] => messages(portProblems("web.ports", ports));

    it("are on the Service at 80 and at their own numbers, each with the protocol that its name says", () => {
        const ports = [
            { name: "web", number: 3000 },
            { name: "grpc-admin", number: 9000 },
            { name: "http2-x", number: 9001, servicePort: 81 },
            { name: "health", number: 4000, inService: false },
        ];
        assert.deepEqual(
            servicePorts(ports).map(({ name, port, appProtocol }) => [name, port, appProtocol]),
            [
                ["web", 80, "http"],
                ["grpc-admin", 9000, "grpc"],
                ["http2-x", 81, "http2"],
            ],
        );
        assert.deepEqual(told(...ports), []);
    });
    it("are refused where Istio would route no HTTP by the name, with two ways out", () => {
        assert.deepEqual(told({ name: "tcp-web", number: 3000 }), [
            'web.ports.tcp-web: Istio takes it for tcp, by its name, and would route no request that comes to it\n  fix: give it appProtocol: "http", or a name that begins so, such as http-tcp-web; tcp: true if plain connections are meant',
        ]);
        assert.match(told({ name: "redis", number: 6379 }).join(), /takes it for redis, by its name/);
    });
    it("are refused where Istio would route no HTTP by the appProtocol, whatever the name is", () => {
        assert.match(
            told({ name: "http", number: 3000, appProtocol: "tcp" }).join(),
            /takes it for tcp, by its appProtocol.*\n {2}fix: give it appProtocol: "http"/,
        );
        assert.match(told({ name: "http", number: 3000, appProtocol: "https" }).join(), /takes it for https/);
    });
    it("may carry plain connections where that is said", () => {
        assert.deepEqual(told({ name: "db", number: 5432, tcp: true }), []);
        assert.equal(servicePorts([{ name: "db", number: 5432, tcp: true }])[0]?.appProtocol, "tcp");
        assert.match(
            told({ name: "http", number: 80, tcp: true }).join(),
            /is said to carry plain connections, and Istio takes it for http/,
        );
    });
    it("may be anything where no caller reaches them", () => {
        const hidden = { name: "tcp-debug", number: 9229, inService: false };
        assert.deepEqual(told({ name: "http", number: 3000 }, hidden), []);
        assert.match(told(hidden).join(), /no port of it is in the Service/);
    });
    it("are told apart by name, number and number in the Service", () => {
        const [first, second] = [
            { name: "http", number: 3000 },
            { name: "http", number: 3000, servicePort: 80 },
        ];
        assert.equal(told(first, second).length, 3);
    });
    it("have names and numbers that Kubernetes takes", () => {
        assert.match(told({ name: "Http_Web", number: 3000 }).join(), /"Http_Web" is no port's name/);
        assert.match(told({ name: "http-much-too-long", number: 3000 }).join(), /is no port's name/);
        assert.match(told({ name: "http", number: 70000 }).join(), /70000 is no port/);
    });
});

describe("a service's probes", () => {
    const http = [{ name: "http", number: 3000 }];

    it("ask the first port for / where nothing is said", () => {
        const { readinessProbe, livenessProbe, startupProbe } = probesOf({}, http);
        for (const probe of [readinessProbe, livenessProbe, startupProbe])
            assert.deepEqual(probe.httpGet, { path: "/", port: "http" });
    });
    it("ask gRPC's health service of a port that carries gRPC, and for a connection of one that carries no HTTP", () => {
        assert.deepEqual(probesOf({}, [{ name: "grpc", number: 9000 }]).readinessProbe.grpc, { port: 9000 });
        assert.deepEqual(probesOf({}, [{ name: "db", number: 5432, tcp: true }]).readinessProbe.tcpSocket, {
            port: "db",
        });
    });
    it("ask what readiness asks, at a pace of their own", () => {
        const { livenessProbe, startupProbe } = probesOf({ readiness: { path: "/ok", periodSeconds: 7 } }, http);
        assert.deepEqual([livenessProbe.httpGet, livenessProbe.periodSeconds], [{ path: "/ok", port: "http" }, 10]);
        assert.deepEqual([startupProbe.httpGet, startupProbe.periodSeconds], [{ path: "/ok", port: "http" }, 1]);
    });
    it("name a port and a kind that there is", () => {
        assert.deepEqual(messages(probeProblems("web.probes", { liveness: { port: "admin", kind: "icmp" } }, http)), [
            'web.probes.liveness.kind: there is no probe "icmp"\n  fix: take one of http, https, grpc, tcp',
            'web.probes.liveness.port: there is no port "admin"\n  fix: take one of http, or add { name: "admin", number: …, inService: false } to ports',
        ]);
    });
});

describe("a patch of the pods", () => {
    const spec = {
        containers: [
            {
                name: "web",
                image: "a",
                env: [{ name: "A", value: "1" }],
                volumeMounts: [{ name: "t", mountPath: "/tmp" }],
            },
        ],
        tolerations: [{ key: "old" }],
        priorityClassName: "low",
    };

    it("changes the named container, its named variables and its folders, and nothing else of it", () => {
        const patch = readPatch(
            "containers: [{ name: web, env: [{ name: A, value: '2' }, { name: B, value: '3' }], volumeMounts: [{ mountPath: /tmp, readOnly: true }] }, { name: log }]",
        );
        assert.deepEqual((patched(spec, patch) as typeof spec).containers, [
            {
                name: "web",
                image: "a",
                env: [
                    { name: "A", value: "2" },
                    { name: "B", value: "3" },
                ],
                volumeMounts: [{ name: "t", mountPath: "/tmp", readOnly: true }],
            },
            { name: "log" },
        ]);
    });
    it("takes the place of lists without names, and takes fields away by null", () => {
        const patch = readPatch('{ "tolerations": [{ "operator": "Exists" }], "priorityClassName": null }');
        const { tolerations, ...rest } = patched(spec, patch);
        assert.deepEqual(tolerations, [{ operator: "Exists" }]);
        assert.ok(!("priorityClassName" in rest));
    });
    it("is refused when it is no object, or a whole pod", () => {
        assert.throws(() => readPatch("a: [b"), /podPatch is no YAML.*\n {2}fix: /);
        assert.throws(() => readPatch("tolerations"), /is "tolerations", and must be an object\n {2}fix: /);
        assert.throws(() => readPatch("spec: { tolerations: [] }"), /has the field spec, and a pod's spec has none/);
    });
});

describe("a version's name", () => {
    it("can be a subset's, and is told another where it can't", () => {
        assert.deepEqual(nameProblems("web", "v1-25"), []);
        assert.match(messages(nameProblems("web", "1.25.0")).join(), /"1\.25\.0" can't be.*\n {2}fix: name it v1-25-0/);
    });
});

describe("what is mounted in a pod", () => {
    it("has a folder of its own", () => {
        const problems = mountProblems([
            ["web.config[0]", "/etc/web"],
            ["web.volumes[0]", "/etc/web"],
            ["web.volumes[1]", "tmp"],
        ]);
        assert.match(messages(problems).join("\n"), /web\.volumes\[0\]: \/etc\/web is taken by web\.config\[0\]/);
        assert.match(messages(problems).join("\n"), /web\.volumes\[1\]: "tmp" is no folder below \//);
    });
});

interface Made {
    type: string;
    name: string;
    inputs: Deployment;
}

interface Deployment {
    metadata: { annotations?: Record<string, string> };
    spec: {
        replicas?: number;
        minAvailable?: string;
        template: {
            metadata: { annotations: Record<string, string> };
            spec: { serviceAccountName: string; tolerations?: object[] };
        };
    };
}

/** Mocks see no engine and no cluster: this is about what is asked for. */
describe("a VersionedService of anybody's", () => {
    const made: Made[] = [];
    const warnings: string[] = [];
    let k8s: typeof import("@pulumi/kubernetes");
    let VersionedService: typeof import("../../components").VersionedService;
    type Args = ConstructorParameters<typeof VersionedService>[1];

    before(async function () {
        this.timeout(30_000);
        await pulumi.runtime.setMocks({
            newResource: ({ type, name, inputs }) => {
                made.push({ type, name, inputs: inputs as Deployment });
                return { id: `${name}-id`, state: inputs as Record<string, unknown> };
            },
            call: ({ inputs }) => inputs as Record<string, unknown>,
        });
        const warn = pulumi.log.warn;
        pulumi.log.warn = (message, ...rest) => {
            warnings.push(message);
            return warn(message, ...rest);
        };
        k8s = await import("@pulumi/kubernetes");
        ({ VersionedService } = await import("../../components"));
    });

    const deploy = async (name: string, args: Partial<Args> = {}): Promise<Deployment> => {
        const versions = [{ name: "v1", image: "web:1" }];
        const service = new VersionedService(name, { namespace: "shop", versions, ...args });
        await new Promise((resolve) => service.replicas.apply(resolve));
        return inputsOf(":Deployment", `${name}-v1`);
    };
    const inputsOf = (type: string, name: string): Deployment => {
        const found = made.findLast((one) => one.type.endsWith(type) && one.name === name);
        assert.ok(found, `no ${type} ${name}`);
        return found.inputs;
    };

    it("leaves the number of its pods to whoever scales them, and half of them in place when a node is drained", async () => {
        const deployment = await deploy("scaled");
        assert.ok(!("replicas" in deployment.spec));
        assert.equal(deployment.metadata.annotations?.["upshift.dev/scaled-elsewhere"], "true");
        assert.equal(inputsOf(":PodDisruptionBudget", "scaled-v1").spec.minAvailable, "50%");
    });
    it("says on its Service which version users are meant to have, where it has several", async () => {
        const stable = async (name: string, args: Partial<Args>): Promise<string | undefined> => {
            await deploy(name, args);
            return inputsOf(":Service", name).metadata.annotations?.["upshift.dev/stable"];
        };
        const versions = ["v1", "v2"].map((version) => ({ name: version, image: `web:${version}` }));
        assert.equal(await stable("both", { versions }), "v1");
        assert.equal(await stable("later", { versions, stable: "v2" }), "v2");
        assert.equal(await stable("single", {}), undefined);
    });
    it("asks for a proxy that starts before the container and ends after it", async () => {
        const native = "sidecar.istio.io/nativeSidecar";
        assert.equal((await deploy("first")).spec.template.metadata.annotations[native], "true");
        assert.ok(!(native in (await deploy("bare", { sidecar: false })).spec.template.metadata.annotations));
    });
    it("runs as the service account that it is given, and makes none then", async () => {
        assert.equal(
            (await deploy("given", { serviceAccount: "robot" })).spec.template.spec.serviceAccountName,
            "robot",
        );
        assert.ok(!made.some(({ type, name }) => type.endsWith(":ServiceAccount") && name === "given"));
    });
    it("has the patch laid over its pods", async () => {
        const podPatch = pulumi.output(JSON.stringify({ tolerations: [{ operator: "Exists" }] }));
        assert.deepEqual((await deploy("patched", { podPatch })).spec.template.spec.tolerations, [
            { operator: "Exists" },
        ]);
    });

    describe("that reads a ConfigMap or a Secret", () => {
        const checksum = async (name: string, config: Args["config"]): Promise<string | undefined> =>
            (await deploy(name, { config })).spec.template.metadata.annotations["upshift.dev/config"];
        const settings = (name: string, text: string) =>
            new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: "shop" }, data: { text } }).metadata.name;

        it("has other pods with other content, and the same with the same", async () => {
            const [one, same, other] = [
                await checksum("reads", [{ configMap: settings("one", "a") }]),
                await checksum("reads", [{ configMap: settings("same", "a") }]),
                await checksum("reads", [{ configMap: settings("other", "b") }]),
            ];
            assert.ok(one);
            assert.equal(one, same);
            assert.notEqual(other, one);
        });
        it("shows of a Secret only what can't be turned back into it", async () => {
            const secret = new k8s.core.v1.Secret("login", {
                metadata: { name: "login", namespace: "shop" },
                data: { PASSWORD: "aHVudGVyMg==" },
            });
            const found = await checksum("login", [{ secret: secret.metadata.name, content: secret.data }]);
            assert.match(found ?? "", /^[0-9a-f]{24}$/);
            const service = made.find(({ type, name }) => type.endsWith(":VersionedService") && name === "login");
            assert.doesNotMatch(JSON.stringify([service, inputsOf(":Deployment", "login-v1")]), /aHVudGVyMg/);
        });
        it("says so where nothing tells what is in it", async () => {
            assert.ok(await checksum("unknown", [{ configMap: "settings" }]));
            assert.match(
                warnings.join("\n"),
                /other content of ConfigMap settings will not roll the pods.*\n {2}fix: /,
            );
        });
        it("has no checksum where it reads its files again by itself", async () => {
            assert.equal(await checksum("reloads", [{ configMap: "settings", rolls: false }]), undefined);
        });
    });

    describe("whose pods have another label for their version", () => {
        it("is split by that label, and by its values", async () => {
            const { TrafficSplit } = await import("../../components");
            const split = new TrafficSplit("labelled", {
                namespace: "shop",
                versions: ["v1", "v2"],
                versionLabel: "release",
                labelValues: { v2: "2.0.1" },
                weights: { v1: 100, v2: 0 },
            });
            await new Promise((resolve) => split.weights.apply(resolve));
            const { subsets } = inputsOf(":DestinationRule", "labelled-dr").spec as unknown as { subsets: object[] };
            assert.deepEqual(subsets, [
                { name: "v1", labels: { release: "v1" } },
                { name: "v2", labels: { release: "2.0.1" } },
            ]);
        });
        it("is refused where two versions are the same pods, or a name is none for a subset", async () => {
            const { TrafficSplit } = await import("../../components");
            const make = (versions: string[], labelValues = {}) =>
                new TrafficSplit("same", { namespace: "shop", versions, labelValues, weights: { v1: 100 } });
            assert.throws(
                () => make(["v1", "v2"], { v2: "v1" }),
                /versions\.same\.v2: has the label's value v1, as v1 has\n {2}fix: /,
            );
            assert.throws(() => make(["v1", "2.0"]), /versions\.same\.2\.0: "2\.0" can't be the name/);
        });
    });

    it("is refused with everything that is wrong, and before anything of it is made", () => {
        const make = () =>
            new VersionedService("bad", {
                namespace: "shop",
                versions: [{ name: "1.0", image: "web:1", replicas: -1 }],
                ports: [{ name: "tcp-web", number: 3000 }],
                probes: { readiness: { port: "admin" } },
                config: [{}],
                podPatch: "[]",
                drainSeconds: 0,
            });
        assert.throws(make, (error: Error) => {
            for (const part of [
                /bad\.versions\.1\.0: /,
                /replicas: -1 is no number/,
                /bad\.ports\.tcp-web: /,
                /bad\.probes\.readiness\.port: /,
                /bad\.config\[0\]: names neither/,
                /podPatch is \[\]/,
                /bad\.drainSeconds: 0 s/,
            ])
                assert.match(error.message, part);
            return pulumi.RunError.isInstance(error);
        });
        assert.ok(!made.some(({ type, name }) => name.startsWith("bad") && type.startsWith("kubernetes:")));
    });
});

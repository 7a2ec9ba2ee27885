import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { VirtualServiceSpec } from "../../components/traffic/split/routes";

interface Made {
    type: string;
    name: string;
    inputs: Record<string, unknown>;
}

/** What the program asked for: mocks see no engine and no mesh, so this is about the shape of resources alone. */
const made: Made[] = [];
const inputsOf = <Inputs>(type: string, name: string): Inputs => {
    const found = made.find((resource) => resource.type.endsWith(type) && resource.name === name);
    assert.ok(found, `no ${type} ${name}; there are ${made.map((resource) => resource.name).join(", ")}`);
    return found.inputs as Inputs;
};
const valueOf = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));

interface Deployment {
    metadata: { name: string };
    spec: {
        selector: { matchLabels: Record<string, string> };
        strategy: { rollingUpdate: { maxUnavailable: number } };
        template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
    };
}
interface PodSpec {
    terminationGracePeriodSeconds: number;
    securityContext: { runAsNonRoot: boolean };
    containers: {
        env: { name: string; value: string }[];
        lifecycle: { preStop: { sleep: { seconds: number } } };
        readinessProbe: object;
        securityContext: {
            allowPrivilegeEscalation: boolean;
            readOnlyRootFilesystem: boolean;
            capabilities: { drop: string[] };
        };
    }[];
}

describe("components", () => {
    let components: typeof import("../../components");

    before(async function () {
        this.timeout(30_000);
        await pulumi.runtime.setMocks({
            newResource: ({ type, name, inputs }) => {
                made.push({ type, name, inputs: inputs as Record<string, unknown> });
                return { id: `${name}-id`, state: inputs as Record<string, unknown> };
            },
            call: ({ inputs }) => inputs as Record<string, unknown>,
        });
        components = await import("../../components");
    });

    describe("VersionedService", () => {
        before(async () => {
            const versions = [
                { name: "v1", image: "shop:v1", replicas: 1 },
                { name: "v2", image: "shop:v2", replicas: 3 },
            ];
            const service = new components.VersionedService("review", {
                namespace: "hands-on",
                versions,
                args: ["review"],
                env: { MODE: "a" },
            });
            assert.equal(await valueOf(service.host), "review");
            await valueOf(service.urn);
        });

        it("has one Service in front of every version", () => {
            assert.deepEqual(inputsOf<{ spec: { selector: object } }>("v1:Service", "review").spec.selector, {
                app: "review",
            });
        });
        it("has a Deployment for each version, which selects that version's pods alone", () => {
            for (const version of ["v1", "v2"]) {
                const { spec } = inputsOf<Deployment>(":Deployment", `review-${version}`);
                assert.deepEqual(spec.selector.matchLabels, { app: "review", version });
                assert.deepEqual(spec.template.metadata.labels, { app: "review", version });
            }
        });
        it("ends a pod only after it has drained, and starts the next one first", () => {
            const { spec } = inputsOf<Deployment>(":Deployment", "review-v1");
            const [container] = spec.template.spec.containers;
            assert.equal(spec.strategy.rollingUpdate.maxUnavailable, 0);
            assert.ok(container?.readinessProbe);
            assert.ok(spec.template.spec.terminationGracePeriodSeconds > container.lifecycle.preStop.sleep.seconds);
        });
        it("runs its pods without privileges", () => {
            const { securityContext, containers } = inputsOf<Deployment>(":Deployment", "review-v1").spec.template.spec;
            assert.equal(securityContext.runAsNonRoot, true);
            assert.deepEqual(containers[0]?.securityContext, {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
            });
        });
        it("protects the only pod of a version, and all but one of several", () => {
            const spec = (name: string) =>
                inputsOf<{ spec: { minAvailable?: number; maxUnavailable?: number } }>(":PodDisruptionBudget", name)
                    .spec;
            assert.equal(spec("review-v1").minAvailable, 1);
            assert.equal(spec("review-v2").maxUnavailable, 1);
        });
        it("lets pods that are not ready be drained: a version that crashes holds up no node", () => {
            for (const name of ["review-v1", "review-v2"])
                assert.equal(
                    inputsOf<{ spec: object & { unhealthyPodEvictionPolicy?: string } }>(":PodDisruptionBudget", name)
                        .spec.unhealthyPodEvictionPolicy,
                    "AlwaysAllow",
                );
        });
    });

    describe("TrafficSplit", () => {
        it("has a subset for each version and the header's rule above the weights", async () => {
            const split = new components.TrafficSplit("product", {
                namespace: "hands-on",
                versions: ["v1", "v2"],
                weights: { v1: 80, v2: 20 },
                canaryHeader: { name: "X-group", exact: "test", to: "v2" },
            });
            assert.deepEqual(await valueOf(split.weights), { v1: 80, v2: 20 });
            assert.deepEqual(await valueOf(split.canaryHeader), { name: "x-group", exact: "test", to: "v2" });
            const { spec } = inputsOf<{ spec: VirtualServiceSpec }>(":VirtualService", "product-vs");
            assert.deepEqual(
                spec.http?.map((rule) => rule.name),
                ["canary-header", "weighted"],
            );
            assert.deepEqual(
                inputsOf<{ spec: { subsets: { name: string }[] } }>(":DestinationRule", "product-dr").spec.subsets.map(
                    (subset) => subset.name,
                ),
                ["v1", "v2"],
            );
        });
        it("refuses weights that can't be applied, with every problem", () => {
            const make = () =>
                new components.TrafficSplit("bad", {
                    namespace: "n",
                    versions: ["v1", "v2"],
                    weights: { v1: 80.5, v3: 1 },
                });
            assert.throws(
                make,
                (error: Error) =>
                    /no version v3/.test(error.message) && /80\.5 is not a whole number/.test(error.message),
            );
        });
    });
});

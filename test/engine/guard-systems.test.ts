import * as assert from "node:assert/strict";
import { startCluster, type TestCluster } from "../support/apiserver";
import { readyPod } from "../support/guarded";
import { guardedSystems, type Systems } from "../support/guardedSystems";
import { kindDefinition } from "../support/policyProgram";
import { defineMeshKinds } from "../support/recordedWorld";

const up = ["up", "--yes", "--skip-preview"];

describe("the guard of what is no TrafficSplit, by Pulumi's engine and an API server", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    let stack: Awaited<ReturnType<typeof guardedSystems>>;

    before(async () => {
        cluster = await startCluster(async (request) => {
            await defineMeshKinds(request);
            for (const kind of ["PeerAuthentication", "RequestAuthentication", "AuthorizationPolicy"]) {
                const definition = kindDefinition(kind, "security.istio.io");
                await request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
            }
        });
        stack = await guardedSystems(cluster);
    });
    after(async () => {
        stack?.remove();
        await cluster?.stop();
    });

    const apply = (systems: Systems): Promise<string> => {
        stack.config(systems);
        return stack.succeed(...up);
    };
    /** Proposes systems, which preview and update must refuse, for a reason. */
    const refuses = async (systems: Systems, why: RegExp): Promise<void> => {
        stack.config(systems);
        for (const args of [["preview"], up]) {
            const { code, output } = await stack.pulumi(...args);
            assert.notEqual(code, 0, `pulumi ${args.join(" ")} was let through:\n${output}`);
            assert.match(output, why);
        }
    };
    const specOf = async (path: string) => (await cluster.request("GET", path)).spec as Record<string, unknown>;

    describe("shares that follow the number of pods", () => {
        const pods = async (): Promise<unknown[]> =>
            Promise.all(
                ["v1", "v2"].map(async (version) => {
                    const path = `/apis/apps/v1/namespaces/default/deployments/ratings-${version}`;
                    return (await specOf(path)).replicas;
                }),
            );

        it("are raised by the limit, and no further, also when the update is tried again", async () => {
            await apply({ replicas: 0 });
            const why = /ratings: v2 0 → 75 is a raise of 75 points; at most 25 a step: try 25/;
            await refuses({ replicas: 75 }, why);
            await refuses({ replicas: 75 }, why);
            assert.deepEqual(await pods(), [4, 0]);
            await apply({ replicas: 25 });
            assert.deepEqual(await pods(), [3, 1]);
        });
        it("are not moved over what somebody has scaled with kubectl, before anybody has decided on that", async () => {
            const v2 = "/apis/apps/v1/namespaces/default/deployments/ratings-v2";
            const scaled = { spec: { replicas: 0 } };
            await cluster.request("PATCH", `${v2}?fieldManager=kubectl`, scaled, {
                contentType: "application/merge-patch+json",
            });
            await refuses(
                { replicas: 50 },
                /ratings: Deployment default\/ratings-v2 was written by kubectl at .*ratings: v1 75 → 100, v2 25 → 0[^]*restore ratings/,
            );
        });
        it("go back to stable at once, from wherever they are", async () => {
            await apply({ replicas: 0 });
            assert.deepEqual(await pods(), [4, 0]);
        });
        it("are what routes are compared with, when the mesh takes over", async () => {
            await refuses({ mesh: 90 }, /ratings: v2 0 → 90 is a raise of 90 points/);
            await apply({ mesh: 20 });
            await apply({});
        });
    });

    describe("versions in namespaces of their own", () => {
        const share = async (): Promise<unknown> => {
            const { http } = await specOf("/apis/networking.istio.io/v1/namespaces/default/virtualservices/app-vs");
            return (http as { route: { weight?: number }[] }[]).at(-1)?.route[1]?.weight;
        };
        const declared = { stages: { stage: 100, blueGreen: "stage" } };

        it("have their ready pods counted there, before a declared switch", async () => {
            for (const namespace of ["prod", "stage"])
                await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
            await apply({ stages: { stage: 0, blueGreen: "stage" } });
            await readyPod(cluster, "app", "prod", "prod");
            await refuses(declared, /stage has 0 ready pods and prod 1/);
            await readyPod(cluster, "app", "stage", "stage");
            await apply(declared);
            assert.equal(await share(), 100);
        });
        it("that are dropped from the program lose their users to the stable one, at once", async () => {
            await apply({ stages: { stage: 20 } });
            await apply({ stages: { stage: 0, versions: ["prod"] } });
            assert.equal(await share(), undefined);
        });
    });

    describe("a chain that the edge decides for", () => {
        const share = async (): Promise<unknown> => {
            const { http } = await specOf(
                "/apis/networking.istio.io/v1/namespaces/hands-on/virtualservices/hands-on-edge-vs",
            );
            return (http as { name?: string; route: { weight?: number }[] }[]).find(({ name }) => name === "weighted")
                ?.route[1]?.weight;
        };

        it("is raised by the limit, and no further, from where its services are", async () => {
            await apply({ shop: { own: 0 } });
            await refuses({ shop: { own: 0, chain: 90 } }, /shop: v2 0 → 90 is a raise of 90 points; at most 25/);
            assert.equal(await share(), undefined);
            await apply({ shop: { own: 0, chain: 25 } });
            await refuses({ shop: { own: 0, chain: 90 } }, /shop: v2 25 → 90 is a raise of 65 points; .*try 50/);
            assert.equal(await share(), 25);
        });
        it("goes back to stable at once", async () => {
            await apply({ shop: { own: 0, chain: 50 } });
            await apply({ shop: { own: 0, chain: 0 } });
            assert.equal(await share(), 0);
        });
        it("is not handed back to services whose own weights would move everybody", async () => {
            // Hidden behind the edge's decision, the services' own weights serve nobody.
            for (const own of [25, 50, 75]) await apply({ shop: { own, chain: 0 } });
            await refuses({ shop: { own: 75 } }, /: v2 0 → 75 is a raise of 75 points/);
            assert.equal(await share(), 0);
            await apply({ shop: { own: 0, chain: 0 } });
            await apply({ shop: { own: 0 } });
        });
    });
});

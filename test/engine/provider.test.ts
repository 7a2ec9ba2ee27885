import * as assert from "node:assert/strict";
import { startCluster, until, type TestCluster } from "../support/apiserver";
import { CallError, TestProvider } from "../support/provider";
import { Stack, type Kept } from "../support/stack";
import { at, objectsAt, stringAt } from "../../plugins/kubernetes/objects";
import { parseState } from "../../plugins/kubernetes/state";
import type { Properties, Value } from "../../plugins/kubernetes/values";

const [configMapType, secretType, namespaceType] = ["ConfigMap", "Secret", "Namespace"].map(
    (kind) => `kubernetes:core/v1:${kind}`,
) as [string, string, string];
const routeType = "kubernetes:mesh.example.org/v1:Route";
const crdType = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";

describe("the kubernetes provider against an API server", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    let provider: TestProvider;
    let stack: Stack;
    let crd: Kept;

    before(async () => {
        cluster = await startCluster();
        provider = await TestProvider.start({ kubeconfig: cluster.kubeconfig });
        stack = new Stack(provider);
        crd = await stack.create(crdType, "routes", routeDefinition);
        await cluster.request("POST", "/api/v1/nodes", { metadata: { name: "node" } });
    });

    after(async () => {
        provider?.stop();
        await cluster?.stop();
    });

    const get = (path: string): Promise<Properties> => cluster.request("GET", path);
    const isThere = async (path: string): Promise<boolean> =>
        (await cluster.request("GET", path, undefined, { accept: [404] })).kind !== "Status";
    const patch = (path: string, body: Properties, query = ""): Promise<Properties> =>
        cluster.request("PATCH", `${path}${query}`, body, {
            contentType: query.includes("fieldManager=argocd")
                ? "application/apply-patch+yaml"
                : "application/merge-patch+json",
        });

    describe("creating", () => {
        it("gives back the live object with what it was made from", async () => {
            const made = await stack.create(configMapType, "settings", configMap({ mode: "a" }));
            assert.match(made.id, /^default\/settings-[0-9a-f]{8}$/);
            assert.deepEqual(at(made.state, "__inputs"), made.inputs);
            assert.equal(made.state.__initialApiVersion, "v1");
            assert.match(stringAt(made.state, "__fieldManager"), /^pulumi-kubernetes-[0-9a-f]{8}$/);
            const { live } = parseState(made.state);
            assert.deepEqual(live, await get(`/api/v1/namespaces/default/configmaps/${made.id.split("/")[1]}`));
            assert.deepEqual(managers(made.state), [["pulumi-kubernetes", "Update"]]);
        });

        it("makes nothing in a preview, and shows what the server would make of it", async () => {
            const previewed = await stack.create(
                namespaceType,
                "space",
                { apiVersion: "v1", kind: "Namespace", metadata: { name: "previewed" } },
                { preview: true },
            );
            assert.equal(previewed.id, "");
            assert.equal(at(previewed.state, "metadata", "labels", "kubernetes.io/metadata.name"), "previewed");
            assert.equal(previewed.state.status, undefined);
            assert.equal(await isThere("/api/v1/namespaces/previewed"), false);
        });

        it("previews with the inputs alone what the server cannot judge yet", async () => {
            const inNoNamespace = { ...configMap({ mode: "a" }), metadata: { name: "x", namespace: "not-there" } };
            assert.deepEqual(
                (await stack.create(configMapType, "x", inNoNamespace, { preview: true })).state,
                inNoNamespace,
            );
            const ofNoKind = {
                apiVersion: "nobody.example.org/v1",
                kind: "Thing",
                metadata: { name: "x", namespace: "default" },
            };
            assert.deepEqual(
                (await stack.create("kubernetes:nobody.example.org/v1:Thing", "x", ofNoKind, { preview: true })).state,
                ofNoKind,
            );
        });

        it("says what is wrong with an object", async () => {
            const bad = { ...configMap({}), metadata: { name: "Not_A_Name" } };
            await assert.rejects(
                stack.create(configMapType, "bad", bad),
                /was not successfully created by the Kubernetes API server: .*Not_A_Name/s,
            );
            await assert.rejects(stack.create(configMapType, "bad", bad, { preview: true }), /Not_A_Name/);
        });

        it("leaves alone what is there already, and says what to do about it", async () => {
            await stack.create(configMapType, "twice", { ...configMap({}), metadata: { name: "twice" } });
            await assert.rejects(
                stack.create(configMapType, "twice", { ...configMap({}), metadata: { name: "twice" } }),
                /already exists.*pulumi import/s,
            );
        });

        it("waits for the namespace when that is made at the same time", async () => {
            const namespace = "made-meanwhile";
            const [made] = await Promise.all([
                stack.create(configMapType, "early", { ...configMap({}), metadata: { namespace } }),
                stack.create(namespaceType, "space", {
                    apiVersion: "v1",
                    kind: "Namespace",
                    metadata: { name: namespace },
                }),
            ]);
            assert.match(made.id, /^made-meanwhile\/early-/);
        });

        it("keeps secrets secret, in the state as in the inputs", async () => {
            const made = await stack.create(secretType, "creds", {
                apiVersion: "v1",
                kind: "Secret",
                metadata: { name: "creds" },
                stringData: asSecret({ password: "hunter2" }),
            });
            const data = asSecret({ password: Buffer.from("hunter2").toString("base64") });
            assert.deepEqual(
                [made.inputs.data, made.state.data, at(made.state, "__inputs", "data")],
                [data, data, data],
            );
            assert.equal(made.inputs.stringData, undefined);
            const env = [{ name: "TOKEN", value: asSecret("t0ken") }];
            const pod = await stack.create("kubernetes:core/v1:Pod", "p", {
                apiVersion: "v1",
                kind: "Pod",
                metadata: { name: "with-secret", annotations: { "pulumi.com/skipAwait": "true" } },
                spec: { containers: [{ name: "main", image: "nowhere/none:1", env }] },
            });
            assert.ok(
                !JSON.stringify(withoutSecrets(pod.state)).includes("t0ken"),
                "the token must stand behind a secret mark only",
            );
        });
    });

    describe("updating", () => {
        it("applies with a field manager of its own and takes over what it has created", async () => {
            const made = await stack.create(routeType, "route", route(100, 0));
            const previewed = await stack.update(routeType, "route", made, route(80, 20), { preview: true });
            assert.equal(at(previewed.state, "spec", "http", 0, "route", 0, "weight"), 80);
            assert.equal(await weightOf(made), 100);
            const updated = await stack.update(routeType, "route", made, route(80, 20));
            assert.equal(await weightOf(made), 80);
            assert.deepEqual(managers(updated.state), [[updated.state.__fieldManager, "Apply"]]);
            assert.equal(updated.state.__fieldManager, made.state.__fieldManager);
        });

        it("removes a field that the program sets no more, and leaves those of others", async () => {
            const program = (data: Properties): Properties => ({ ...configMap(data), metadata: { name: "shared" } });
            const made = await stack.create(configMapType, "shared", program({ mine: "1", old: "1" }));
            await patch(
                "/api/v1/namespaces/default/configmaps/shared",
                { data: { theirs: "1" } },
                "?fieldManager=somebody",
            );
            await stack.update(configMapType, "shared", made, program({ mine: "2" }));
            assert.deepEqual((await get("/api/v1/namespaces/default/configmaps/shared")).data, {
                mine: "2",
                theirs: "1",
            });
        });

        it("previews a field that takes the place of one of which the server allows only one", async () => {
            const type = "kubernetes:policy/v1:PodDisruptionBudget";
            const program = (allowed: Properties): Properties => ({
                apiVersion: "policy/v1",
                kind: "PodDisruptionBudget",
                metadata: { name: "web", namespace: "default" },
                spec: { selector: { matchLabels: { app: "web" } }, ...allowed },
            });
            const made = await stack.create(type, "web", program({ minAvailable: 1 }));
            const previewed = await stack.update(type, "web", made, program({ maxUnavailable: 1 }), { preview: true });
            assert.deepEqual(
                ["minAvailable", "maxUnavailable"].map((field) => at(previewed.state, "spec", field)),
                [undefined, 1],
            );
            const path = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web";
            assert.equal(at(await get(path), "spec", "minAvailable"), 1);
            await stack.update(type, "web", made, program({ maxUnavailable: 1 }));
            assert.equal(at(await get(path), "spec", "maxUnavailable"), 1);
        });

        it("refuses to take a field from another manager, and names both", async () => {
            const made = await stack.create(routeType, "route", route(100, 0));
            const updated = await stack.update(routeType, "route", made, route(80, 20));
            const { name } = at(updated.state, "metadata") as { name: string };
            const foreign = {
                apiVersion: "mesh.example.org/v1",
                kind: "Route",
                metadata: { name, namespace: "default" },
                spec: (route(55, 45) as { spec: Value }).spec,
            };
            await patch(routePath(name), foreign, "?fieldManager=argocd&force=true");
            for (const preview of [true, false]) {
                const error = await failure(stack.update(routeType, "route", updated, route(70, 30), { preview }));
                assert.match(error.message, /apply conflict: .*conflict with "argocd".*\.spec\.http/);
                assert.match(
                    error.partial?.reasons[0] ?? "",
                    /managed by field manager "pulumi-kubernetes-[0-9a-f]{8}"/,
                    "names the resource's own manager",
                );
                assert.match(error.partial?.reasons[0] ?? "", /#handle-field-conflicts/, "says what can be done");
                assert.match(error.partial?.reasons[0] ?? "", /pulumi\.com\/patchForce/);
                assert.equal(at(error.partial?.properties, "spec", "http", 0, "route", 0, "weight"), 55);
            }
            const forced = { ...route(70, 30), metadata: { annotations: { "pulumi.com/patchForce": "true" } } };
            await stack.update(routeType, "route", updated, forced);
            assert.equal(await weightOf(updated), 70);
        });

        it("takes back what was edited by hand with kubectl", async () => {
            const made = await stack.create(routeType, "route", route(100, 0));
            const updated = await stack.update(routeType, "route", made, route(80, 20));
            await patch(
                routePath(nameIn(made)),
                { spec: route(60, 40).spec as Properties },
                "?fieldManager=kubectl-patch",
            );
            const refreshed = await stack.refresh(routeType, "route", updated);
            assert.deepEqual((await stack.diff(routeType, "route", refreshed, route(80, 20))).detailedDiff, {
                "spec.http[0].route[0].weight": { kind: "UPDATE" },
                "spec.http[0].route[1].weight": { kind: "UPDATE" },
            });
            await stack.update(routeType, "route", refreshed, route(80, 20));
            assert.equal(await weightOf(made), 80);
        });

        it("says that an object is gone", async () => {
            const made = await stack.create(routeType, "route", route(100, 0));
            await cluster.request("DELETE", routePath(nameIn(made)));
            await assert.rejects(
                stack.update(routeType, "route", made, route(80, 20)),
                /update of resource .* failed: routes\.mesh\.example\.org ".*" not found/,
            );
        });

        it("leaves an ignored field to whoever set it", async () => {
            const made = await stack.create(routeType, "route", route(100, 0));
            const ignoreChanges = ["spec.http"];
            await patch(routePath(nameIn(made)), { spec: route(60, 40).spec as Properties }, "?fieldManager=flagger");
            await stack.update(
                routeType,
                "route",
                made,
                { ...route(80, 20), metadata: { labels: { touched: "yes" } } },
                { ignoreChanges },
            );
            assert.equal(await weightOf(made), 60);
        });

        it("patches an object of somebody else, and gives its fields back at the end", async () => {
            const path = "/api/v1/namespaces/default/configmaps/theirs";
            await cluster.request("POST", "/api/v1/namespaces/default/configmaps", {
                metadata: { name: "theirs" },
                data: { theirs: "1" },
            });
            const program = (data: Properties): Properties => ({ ...configMap(data), metadata: { name: "theirs" } });
            const type = `${configMapType}Patch`;
            const made = await stack.create(type, "patch", program({ ours: "1" }));
            const updated = await stack.update(type, "patch", made, program({ ours: "2" }));
            assert.deepEqual((await get(path)).data, { theirs: "1", ours: "2" });
            await stack.delete(type, "patch", updated);
            assert.deepEqual((await get(path)).data, { theirs: "1" });
        });

        it("replaces the definition of a kind as a whole, and knows kinds as soon as they are there", async () => {
            const labelled = {
                ...routeDefinition,
                metadata: { ...(routeDefinition.metadata as Properties), labels: { touched: "yes" } },
            };
            const updated = await stack.update(crdType, "routes", crd, labelled);
            assert.deepEqual(at(updated.state, "metadata", "labels"), { touched: "yes" });
        });
    });

    describe("differences", () => {
        it("replace what cannot change: created first with a made-up name, deleted first with a fixed one", async () => {
            const made = await stack.create(configMapType, "auto", configMap({ mode: "a" }));
            const changed = await stack.diff(configMapType, "auto", made, configMap({ mode: "b" }));
            assert.deepEqual([changed.replaces, changed.deleteBeforeReplace], [["data.mode"], undefined]);
            const fixed = (mode: string): Properties => ({ ...configMap({ mode }), metadata: { name: "fixed" } });
            const named = await stack.create(configMapType, "fixed", fixed("a"));
            assert.equal((await stack.diff(configMapType, "fixed", named, fixed("b"))).deleteBeforeReplace, true);
        });

        it("are none for what the server writes otherwise", async () => {
            const namespace = (await stack.create(namespaceType, "limited", { apiVersion: "v1", kind: "Namespace" }))
                .id;
            const spelled = {
                apiVersion: "v1",
                kind: "ResourceQuota",
                metadata: { labels: {}, namespace },
                spec: { hard: { "requests.cpu": "0.5", "requests.memory": "1024Mi", pods: 10 } },
            };
            const made = await stack.create("kubernetes:core/v1:ResourceQuota", "quota", spelled);
            const refreshed = await stack.refresh("kubernetes:core/v1:ResourceQuota", "quota", made);
            assert.equal(
                (await stack.diff("kubernetes:core/v1:ResourceQuota", "quota", refreshed, spelled)).changes,
                "DIFF_NONE",
            );
        });
    });

    describe("reading", () => {
        it("shows in the inputs what others changed, and nothing that they added", async () => {
            const program = { ...configMap({ mode: "a" }), metadata: { name: "read" } };
            const made = await stack.create(configMapType, "read", program);
            await patch("/api/v1/namespaces/default/configmaps/read", { data: { mode: "b", more: "1" } });
            const refreshed = await stack.refresh(configMapType, "read", made);
            assert.deepEqual(refreshed.inputs.data, { mode: "b" });
            assert.deepEqual(refreshed.state.data, { mode: "b", more: "1" });
        });

        it("finds an object that is gone to be gone, also with its kind", async () => {
            const made = await stack.create(configMapType, "gone", configMap({}));
            await cluster.request("DELETE", `/api/v1/namespaces/default/configmaps/${nameIn(made)}`);
            assert.equal((await stack.refresh(configMapType, "gone", made)).id, "");
            const type = "kubernetes:nobody.example.org/v1:Thing";
            assert.equal((await stack.import(type, "thing", "default/thing")).id, "");
        });

        it("keeps secret what kubectl has left of a Secret in an annotation", async () => {
            const applied = {
                apiVersion: "v1",
                kind: "Secret",
                metadata: { name: "applied" },
                data: { a: "aHVudGVyMg==" },
            };
            const annotations = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(applied) };
            await cluster.request("POST", "/api/v1/namespaces/default/secrets", {
                ...applied,
                metadata: { name: "applied", annotations },
            });
            const { state } = await stack.import(secretType, "applied", "default/applied");
            assert.ok(
                !JSON.stringify(withoutSecrets(state)).includes("aHVudGVyMg=="),
                "it must stand behind a secret mark only",
            );
        });

        it("imports an object by its id", async () => {
            await cluster.request("POST", "/api/v1/namespaces/default/configmaps", {
                metadata: { name: "adopted" },
                data: { k: "v" },
            });
            const imported = await stack.import(configMapType, "adopted", "default/adopted");
            assert.deepEqual(imported.inputs, {
                apiVersion: "v1",
                kind: "ConfigMap",
                metadata: { name: "adopted", namespace: "default" },
            });
            assert.deepEqual(imported.state.data, { k: "v" });
        });
    });

    describe("deleting", () => {
        it("waits until a namespace and all in it are gone, and does not mind what is gone already", async () => {
            const made = await stack.create(namespaceType, "doomed", { apiVersion: "v1", kind: "Namespace" });
            await stack.create(configMapType, "in-it", { ...configMap({}), metadata: { namespace: made.id } });
            await stack.delete(namespaceType, "doomed", made);
            assert.equal(await isThere(`/api/v1/namespaces/${made.id}`), false);
            await stack.delete(namespaceType, "doomed", made);
        });

        it("does not make anew what a Patch has changed and somebody has deleted", async () => {
            const path = "/api/v1/namespaces/default/configmaps/short-lived";
            const metadata = { name: "short-lived" };
            await cluster.request("POST", "/api/v1/namespaces/default/configmaps", { metadata });
            const type = `${configMapType}Patch`;
            const made = await stack.create(type, "patch", { ...configMap({ ours: "1" }), metadata });
            await cluster.request("DELETE", path);
            await stack.delete(type, "patch", made);
            assert.equal(await isThere(path), false, "an empty one must not have been made");
        });

        it("gives up after the timeout and says what stands in the way", async () => {
            const made = await stack.create(configMapType, "held", {
                ...configMap({}),
                metadata: { finalizers: ["example.org/held"] },
            });
            const error = await failure(stack.delete(configMapType, "held", made, { timeout: 1 }));
            assert.match(error.partial?.reasons[0] ?? "", /was not deleted in time.*example\.org\/held/);
            await patch(`/api/v1/namespaces/default/configmaps/${nameIn(made)}`, { metadata: { finalizers: null } });
        });
    });

    describe("waiting", () => {
        it("returns when a Deployment's pods are ready", async () => {
            const creating = stack.create(deploymentType, "web", deployment("web", 2), { timeout: 30 });
            await makePodsReady("web", 2);
            const made = await creating;
            assert.equal(at(made.state, "status", "availableReplicas"), 2);
            await stack.delete(deploymentType, "web", made);
        });

        it("keeps the state of a Deployment that does not get ready, and says what is wrong with its pods", async () => {
            const creating = failure(stack.create(deploymentType, "broken", deployment("broken", 1), { timeout: 3 }));
            await patchPods("broken", 1, brokenStatus);
            const { partial } = await creating;
            assert.match(
                partial?.reasons[0] ?? "",
                /failed to fully initialize or become live: 'broken' timed out waiting to be Ready/,
            );
            assert.match(
                partial?.reasons.join("\n") ?? "",
                /Minimum number of live Pods was not attained\n\[Pod broken-.*\]: .*\[ImagePullBackOff\] no such image/,
            );
            assert.equal(partial?.id, "default/broken");
            const state = partial?.properties ?? {};
            const kept = { id: "default/broken", inputs: at(state, "__inputs") as Properties, state };
            assert.match(
                (await failure(stack.refresh(deploymentType, "broken", kept))).message,
                /was created but failed to initialize/,
            );
            await stack.delete(deploymentType, "broken", kept);
        });

        it("does not wait when asked not to", async () => {
            const made = await stack.create(deploymentType, "skipped", {
                ...deployment("skipped", 1),
                metadata: { name: "skipped", annotations: { "pulumi.com/skipAwait": "true" } },
            });
            await stack.delete(deploymentType, "skipped", made);
        });

        it("finds a Service ready when the pods that it selects are", async () => {
            const pods = await stack.create(deploymentType, "served", {
                ...deployment("served", 1),
                metadata: { name: "served", annotations: { "pulumi.com/skipAwait": "true" } },
            });
            const creating = stack.create("kubernetes:core/v1:Service", "served", {
                apiVersion: "v1",
                kind: "Service",
                metadata: { name: "served" },
                spec: { selector: { app: "served" }, ports: [{ port: 80 }] },
            });
            await makePodsReady("served", 1);
            const startedAt = Date.now();
            const service = await creating;
            assert.ok(Date.now() - startedAt < 8000, "it must not have waited for the settling time");
            await Promise.all([
                stack.delete(deploymentType, "served", pods),
                stack.delete("kubernetes:core/v1:Service", "served", service),
            ]);
        });

        it("fails with a Job that Kubernetes has given up", async () => {
            const job = {
                apiVersion: "batch/v1",
                kind: "Job",
                metadata: { name: "once" },
                spec: { backoffLimit: 0, template: podTemplate("once", "Never") },
            };
            const creating = failure(stack.create("kubernetes:batch/v1:Job", "once", job, { timeout: 20 }));
            await patchPods("once", 1, { phase: "Failed", containerStatuses: [] }, "job-name=once");
            assert.match((await creating).partial?.reasons.join("\n") ?? "", /\[BackoffLimitExceeded\]/);
        });

        it("waits for a condition of the program's own", async () => {
            const creating = stack.create(routeType, "awaited", {
                ...route(100, 0),
                metadata: { name: "awaited", annotations: { "pulumi.com/waitFor": "jsonpath={.spec.note}=done" } },
            });
            await until("the route is there", 5000, () => isThere(routePath("awaited")));
            await patch(routePath("awaited"), { spec: { note: "done" } });
            assert.equal(at((await creating).state, "spec", "note"), "done");
        });

        it("ends when Pulumi cancels", async () => {
            const other = await TestProvider.start({ kubeconfig: cluster.kubeconfig });
            try {
                const creating = failure(
                    new Stack(other).create(deploymentType, "cancelled", deployment("cancelled", 1)),
                );
                await until("the Deployment is there", 5000, () =>
                    isThere("/apis/apps/v1/namespaces/default/deployments/cancelled"),
                );
                await other.cancel();
                assert.match((await creating).message, /Resource operation was cancelled for "cancelled"/);
            } finally {
                other.stop();
            }
        });
    });

    describe("a cluster that cannot be reached", () => {
        it("is named in the error, and can be forgotten", async () => {
            const kubeconfig = JSON.stringify({
                clusters: [{ name: "gone", cluster: { server: "https://127.0.0.1:1" } }],
                contexts: [{ name: "gone", context: { cluster: "gone", user: "" } }],
                "current-context": "gone",
            });
            const made = await stack.create(configMapType, "left", configMap({}));
            const other = await TestProvider.start({ kubeconfig });
            const forgetful = await TestProvider.start({ kubeconfig, deleteUnreachable: "true" });
            try {
                await assert.rejects(
                    new Stack(other).create(configMapType, "x", configMap({})),
                    /configured Kubernetes cluster is unreachable: https:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
                );
                await assert.rejects(
                    new Stack(other).refresh(configMapType, "left", made),
                    /PULUMI_K8S_DELETE_UNREACHABLE=true/,
                );
                assert.equal((await new Stack(forgetful).refresh(configMapType, "left", made)).id, "");
            } finally {
                other.stop();
                forgetful.stop();
            }
        });
    });

    function nameIn(kept: Kept): string {
        return stringAt(kept.state, "metadata", "name");
    }

    async function weightOf(kept: Kept): Promise<Value | undefined> {
        return at(await get(routePath(nameIn(kept))), "spec", "http", 0, "route", 0, "weight");
    }

    function makePodsReady(app: string, count: number): Promise<void> {
        return patchPods(app, count, {
            phase: "Running",
            podIP: "10.9.9.9",
            podIPs: [{ ip: "10.9.9.9" }],
            conditions: [{ type: "Ready", status: "True" }],
        });
    }

    /** Does the work of the scheduler and of the kubelet, which are not there. */
    async function patchPods(app: string, count: number, status: Properties, selector = `app=${app}`): Promise<void> {
        const pods = await until(`${count} pods of ${app} are there`, 20_000, async () => {
            const items = objectsAt(await get(`/api/v1/namespaces/default/pods?labelSelector=${selector}`), "items");
            return items.length >= count && items;
        });
        await Promise.all(
            pods.map(async (pod) => {
                const name = stringAt(pod, "metadata", "name");
                const path = `/api/v1/namespaces/default/pods/${name}`;
                await cluster.request("POST", `${path}/binding`, {
                    metadata: { name },
                    target: { kind: "Node", name: "node" },
                });
                await patch(`${path}/status`, { status });
            }),
        );
    }
});

const deploymentType = "kubernetes:apps/v1:Deployment";

const routeDefinition: Properties = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "routes.mesh.example.org" },
    spec: {
        group: "mesh.example.org",
        names: { kind: "Route", listKind: "RouteList", plural: "routes", singular: "route" },
        scope: "Namespaced",
        versions: [
            {
                name: "v1",
                served: true,
                storage: true,
                schema: {
                    openAPIV3Schema: {
                        type: "object",
                        properties: { spec: { type: "object", x_kubernetes_preserve_unknown_fields: true } },
                    },
                },
            },
        ],
    },
};

function route(stable: number, canary: number): Properties {
    return {
        apiVersion: "mesh.example.org/v1",
        kind: "Route",
        spec: {
            hosts: ["web"],
            http: [
                {
                    route: [
                        { to: "v1", weight: stable },
                        { to: "v2", weight: canary },
                    ],
                },
            ],
        },
    };
}

function routePath(name: string): string {
    return `/apis/mesh.example.org/v1/namespaces/default/routes/${name}`;
}

function configMap(data: Properties): Properties {
    return { apiVersion: "v1", kind: "ConfigMap", data };
}

function deployment(name: string, replicas: number): Properties {
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name },
        spec: { replicas, selector: { matchLabels: { app: name } }, template: podTemplate(name, "Always") },
    };
}

function podTemplate(app: string, restartPolicy: string): Properties {
    return {
        metadata: { labels: { app } },
        spec: {
            restartPolicy,
            terminationGracePeriodSeconds: 0,
            containers: [{ name: "main", image: "nowhere/none:1" }],
        },
    };
}

const brokenStatus: Properties = {
    phase: "Pending",
    conditions: [
        { type: "PodScheduled", status: "True" },
        { type: "Initialized", status: "True" },
        {
            type: "Ready",
            status: "False",
            reason: "ContainersNotReady",
            message: "containers with unready status: [main]",
        },
    ],
    containerStatuses: [
        {
            name: "main",
            image: "nowhere/none:1",
            imageID: "",
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } },
        },
    ],
};

/** How the engine marks a secret on the wire. */
function asSecret(value: Value): Properties {
    return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

function withoutSecrets(value: Value): Value {
    if (Array.isArray(value)) return value.map(withoutSecrets);
    if (typeof value !== "object" || value === null) return value;
    if ("4dabf18193072939515e22adb298388d" in value) return "[secret]";
    return Object.fromEntries(Object.entries(value as Properties).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

function managers(state: Properties): unknown[] {
    return objectsAt(state, "metadata", "managedFields").map(({ manager, operation }) => [manager, operation]);
}

async function failure(promise: Promise<unknown>): Promise<CallError> {
    try {
        await promise;
    } catch (error) {
        if (error instanceof CallError) return error;
        throw error;
    }
    throw new Error("It should have failed");
}

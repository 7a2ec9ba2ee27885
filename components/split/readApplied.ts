import * as pulumi from "@pulumi/pulumi";
import type { LiveRoute } from "../mesh/live";
import { fullHost } from "../traffic/judge/applied";
import type { SeenResource } from "../traffic/judge/appliedIn";
import { unreadable } from "../traffic/judge/finding";
import type { GuardedSplit } from "./guardedSplit";
import { type Applied } from "../traffic/judge/judgeStep";
import type { MeshAccess } from "./meshAccess";
import { seenTypes } from "./seenTypes";
import { whenWritten } from "./whenWritten";

/** The two places in which a run finds what is applied; each is read once, when it is first asked for. */
export class Places {
    private stateRead?: Promise<SeenResource[]>;
    private routesRead?: Promise<LiveRoute[] | Error>;
    private readonly workloadsRead = new Map<string, Promise<SeenResource[] | Error>>();

    /** The stack's last checkpoint, whatever its resources are called now. */
    state(): Promise<SeenResource[]> {
        return (this.stateRead ??= readState());
    }

    /**
     * What the cluster has, or why that can't be read.
     *
     * @param namespace where Services and Deployments are looked at, too.
     */
    async live(mesh: MeshAccess, namespace?: string): Promise<SeenResource[] | Error> {
        const routes = await (this.routesRead ??= orError((live) => live.liveRoutes(mesh)));
        if (namespace === undefined || routes instanceof Error) return routes;
        const read = this.workloadsRead.get(namespace) ?? orError((live) => live.liveWorkloads(mesh, namespace));
        this.workloadsRead.set(namespace, read);
        const workloads = await read;
        return workloads instanceof Error ? workloads : [...routes, ...workloads];
    }

    /** Pods are counted only where a switch is declared, and anew each time: they come and go during an `up`. */
    async withPods({ service, blueGreen, mesh }: GuardedSplit, seen: Applied): Promise<Applied> {
        const { destinations } = seen.applied.findLast((view) => view.service === service) ?? {};
        if (!mesh || !blueGreen || !destinations) return seen;
        const { podCounter } = await import("../mesh/readyPods");
        try {
            const pods = await podCounter(mesh)(destinations);
            const counted = seen.applied.map((view) =>
                view.service === service ? { ...view, readyPods: pods } : view,
            );
            return { ...seen, applied: counted };
        } catch (error) {
            await pulumi.log.warn(`${service}: its pods can't be counted: ${(error as Error).message}`);
            return seen;
        }
    }

    /** Says that somebody went beyond the limits, and why. */
    async noteBrokenGlass({ service, host, mesh }: GuardedSplit, namespace: string): Promise<void> {
        const live = await this.routesRead;
        if (!mesh || !Array.isArray(live)) return;
        const { noteBrokenGlass } = await import("../mesh/breakGlass");
        const own = live.filter(
            (route) => fullHost(route.spec, route.namespace) === fullHost({ hosts: [host] }, namespace),
        );
        for (const note of await noteBrokenGlass(mesh, own)) await pulumi.log.warn(`${service}: ${note}`);
    }
}

async function readState(): Promise<SeenResource[]> {
    const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const { outputs } = (await whenWritten(() =>
        pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName }),
    )) as { outputs: Record<string, { type: string; outputs: SeenOutputs }> };
    return Object.values(outputs).flatMap(({ type, outputs: { metadata, spec } }) => {
        const [, kind] = seenTypes.exec(type) ?? [];
        return kind ? [{ kind, namespace: metadata?.namespace ?? "", name: metadata?.name ?? "", spec }] : [];
    });
}

interface SeenOutputs {
    metadata?: { namespace?: string; name?: string };
    spec?: unknown;
}

async function orError<T>(read: (live: typeof import("../mesh/live")) => Promise<T>): Promise<T | Error> {
    try {
        return await read(await import("../mesh/live"));
    } catch (error) {
        return error as Error;
    }
}

/** The state alone is judged, and said so; where it has nothing either, only a preview may go on: nobody knows what serves. */
export async function withoutCluster(
    service: string,
    state: Applied,
    error: Error,
    inPreview: boolean,
): Promise<Applied> {
    const why = `what the cluster has can't be read: ${error.message}`;
    if (inPreview || state.applied.some((view) => view.service === service)) {
        await pulumi.log.warn(`${service}: ${why}; the step is judged by the state alone`);
        return state;
    }
    return { ...state, findings: [...state.findings, unreadable(service, why)] };
}

import * as fc from "fast-check";
import { changed, changes } from "../changes";
import { worlds } from "../generate";
import type { Manifest, Request, World } from "../manifest";
import { requestsFor } from "../requests";
import { shares } from "../rise";
import type { Served } from "../router";
import { serve } from "../serve";
import { callerLabels, gatewayNames, namespace } from "./pool";

/** Two worlds of which the second comes from the first, and requests that tell them apart as well as any can. */
export interface Pair {
    readonly before: World;
    readonly after: World;
    /** Their own objects, without those that all worlds share. */
    readonly own: { readonly before: readonly Manifest[]; readonly after: readonly Manifest[] };
    readonly requests: readonly Request[];
}

/** Milliseconds: a shorter timeout ends some requests and lets others through, by chance. */
const slowEnough = 1000;

/** The nth pair of a seed; its names end with n, so that all pairs can be applied side by side. */
export function pairOf(seed: number, n: number, shared: readonly Manifest[], requestsEach: number): Pair {
    const gateways = gatewayNames.map((name) => `${namespace}/${name}`);
    const setting = { namespace, suffix: `-${n}`, pool: shared, gateways };
    const drawn = fc.tuple(worlds(setting), fc.array(changes(setting), { minLength: 1, maxLength: 3 }));
    const [pair] = fc.sample(drawn, { seed: seed * 1000 + n, numRuns: 1 });
    if (!pair) throw new Error("nothing was drawn");
    const [before, steps] = pair;
    const after = steps.reduce((world, change) => changed(world, change, setting), before);
    const own = (world: World): Manifest[] => world.filter((one) => !shared.includes(one));
    return {
        before,
        after,
        own: { before: own(before), after: own(after) },
        // Not for the Services of the gateways, which all worlds share.
        requests: chosen(before, after, ({ host }) => host.includes(setting.suffix)).slice(0, requestsEach),
    };
}

/** Of the requests that we can send: first one for each outcome that changes, then one for each other, then any. */
function chosen(before: World, after: World, isOwn: (request: Request) => boolean): Request[] {
    const ranked = new Map<string, { rank: number; requests: Request[] }>();
    for (const request of requestsFor(before, after).filter(isOwn).flatMap(asOurs)) {
        const met = [serve(before, request), serve(after, request)];
        if (!met.every(isMeasurable)) continue;
        const [old, later] = met.map((served) => JSON.stringify([...shares(served)].sort()));
        const key = JSON.stringify([old, later, "gateway" in request.caller]);
        const requests = [...(ranked.get(key)?.requests ?? []), request];
        ranked.set(key, { rank: old === later ? 1 : 0, requests });
    }
    const groups = [...ranked.values()].sort((a, b) => a.rank - b.rank).map(({ requests }) => requests);
    return [...groups.flatMap((all) => all.slice(0, 1)), ...groups.flatMap((all) => all.slice(1))];
}

/** From the one pod that calls in the mesh, or through a gateway. */
function asOurs({ host, path, method, headers, port, caller }: Request): Request[] {
    const request = { host, path, method, headers, port };
    if ("gateway" in caller) return [{ ...request, caller }];
    return caller.namespace === namespace ? [{ ...request, caller: { namespace, labels: callerLabels } }] : [];
}

/** What leaves the mesh has no answer there. To be asked again once the cluster has said how old each VirtualService is. */
export function isMeasurable(served: readonly Served[]): boolean {
    return served.every(
        (one) => (one.outcome === "pods" || one.status !== undefined) && (one.timeoutMs ?? slowEnough) >= slowEnough,
    );
}

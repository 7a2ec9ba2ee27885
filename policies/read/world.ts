import type { Step } from "../../components/traffic/judge/step";
import { identityOf, otherPods, worldKinds } from "../../components/traffic/world/objects";
import { once } from "../../components/traffic/world/once";
import { overlay, reading, type World } from "../../components/traffic/world/world";
import { isSelected, isWorkload, workloadOf } from "../../components/traffic/world/workloads";
import { goingWith } from "./going";
import type { KubeObject } from "./object";
import { proposed } from "./proposed";
import type { Run } from "./run";

/** What a run asks for in one cluster. */
export interface Proposal {
    /** See `Run.clusterOf`. */
    readonly cluster: string;
    readonly objects: readonly KubeObject[];
    /** Whether that is all: then what is in the state alone goes. Else it may be registered yet, and is still there. */
    readonly isWhole: boolean;
}

/** The world of some objects alone. */
export const worldOf: (objects: readonly KubeObject[]) => World = once((objects: readonly KubeObject[]) => ({
    objects: objects.filter(isOfWorld),
    isWhole: false,
}));

/** Whether an object decides who is served by what: also pods of a cluster that none of these kinds makes; a program's own have a URN. */
export function isOfWorld({ kind, group, urn }: KubeObject): boolean {
    return worldKinds[kind] === group || (group === "core" && kind === otherPods && urn === "");
}

/**
 * A step as the state and the cluster see it: what was applied last, and the same with what is proposed in its place.
 *
 * @returns one view for each that could be read, the state's first.
 * @throws when the state can't be read.
 */
export async function stepsOf(run: Run, { cluster, objects, isWhole }: Proposal): Promise<Step[]> {
    const applied = (await run.applied()).filter(isOfWorld);
    // Of a provider that is no more nobody knows the cluster: it was renamed, or it goes with all that it had.
    const own = applied.filter(({ provider }) => run.clusterOf(provider) === cluster || !run.registered.has(provider));
    const asked = objects.filter((one) => isOfWorld(one) && run.clusterOf(one.provider) === cluster);
    const [first] = asked;
    const live = first && (await run.live(first));
    const ready = new Map(live?.map((one) => [identityOf(one), one.readyPods]));
    // How many pods are ready now is known by the cluster alone; the state has what was so at the last update.
    const state: World = {
        objects: own.map((one) => ({ ...one, readyPods: ready.get(identityOf(one)) ?? one.readyPods })),
        isWhole: false,
    };
    const known = gone(run, own, asked, isWhole);
    const removed = isWhole ? known : new Set([...known, ...goingWith(known, run, own, state)]);
    const settled = isWhole ? asked : asked.filter((one) => isSettled(one, own, state, run));
    const after = (before: World): World => ({
        ...overlay(before, proposed(settled, own, before), removed),
        isWhole: before.isWhole && isWhole,
    });
    const steps: Step[] = [{ readFrom: "state", before: state, after: after(state) }];
    if (live) {
        const before: World = { objects: live.filter(isOfWorld), isWhole: true };
        steps.push({ readFrom: "cluster", before, after: after(before) });
    }
    return steps;
}

/** What is in the state and will not be: the identities of objects. */
function gone(run: Run, own: readonly KubeObject[], asked: readonly KubeObject[], isWhole: boolean): Set<string> {
    const kept = new Set(asked.map(identityOf));
    // Whatever an object depends on is registered before it: if it was not, it is no more.
    const before = new Map(own.map((one) => [one.urn, one]));
    const needed = asked.flatMap(({ urn, aliases }) =>
        [urn, ...aliases].flatMap((known) => before.get(known)?.dependencies ?? []),
    );
    const missing = new Set(needed.filter((urn) => !run.registered.has(urn)));
    const isGone = ({ urn, isRetained }: KubeObject): boolean =>
        // A resource that is here under another name is another object.
        !isRetained && (isWhole || run.registered.has(urn) || missing.has(urn));
    return new Set(own.filter((one) => !kept.has(identityOf(one)) && isGone(one)).map(identityOf));
}

/**
 * Whether an update may judge by an object already. Pods that share a Service's requests among themselves are judged when all of
 * them are known: one alone is no step that anybody asked for.
 */
function isSettled(object: KubeObject, own: readonly KubeObject[], state: World, run: Run): boolean {
    if (!isWorkload(object)) return true;
    const { services, routesOf } = reading(state);
    const pods = workloadOf(object);
    const shared = [...services.values()].filter(
        ({ namespace, selector, host }) =>
            namespace === object.namespace && isSelected(selector, pods) && !routesOf.has(host),
    );
    const others = own.filter((one) => isWorkload(one) && one.namespace === object.namespace);
    return shared.every(({ selector }) =>
        others.every((one) => run.registered.has(one.urn) || !isSelected(selector, workloadOf(one))),
    );
}

import { changesBetween } from "../traffic/effect/changes";
import { isMoved, movesIn } from "../traffic/effect/moves";
import type { Finding } from "../traffic/judge/findings";
import { marksOf } from "../traffic/world/marks";
import { judge } from "../traffic/judge/judge";
import { identityOf, type Placed } from "../traffic/world/objects";
import { type Body, bodiesAt, bodyAt, textAt } from "../traffic/world/values";
import { overlay, stateWorld, type World } from "../traffic/world/world";

/** An object that somebody else has written since it was applied, so that users meet something else. */
export interface ForeignEdit {
    readonly applied: Placed;
    readonly live: Placed;
    /** Who wrote its spec last, as the API server calls him, and when. */
    readonly by: string;
    readonly at?: string;
    /** The services whose users meet something else, as config calls them. */
    readonly services: readonly string[];
    /** Who has moved by it, a line each: `~ review: v1 80 → 70, v2 20 → 30`. */
    readonly moves: readonly string[];
}

/**
 * What others have written since it was applied, if it changes who is served by what. It is the effect that counts: an edit that
 * nobody notices is none, and neither is what an update of our own has left that was cut off.
 *
 * @param state what was last applied.
 * @param live what the cluster has, with who wrote it.
 */
export function foreignEdits(state: readonly Placed[], live: World): ForeignEdit[] {
    const objects = new Map(live.objects.map((one) => [identityOf(one), one]));
    const before = stateWorld(state, live);
    return state.flatMap((applied) => {
        const found = objects.get(identityOf(applied));
        const writer = found && foreignWriter(found);
        if (!found || !writer) return [];
        const moved = changesBetween(before, overlay(before, [found])).filter(isMoved);
        if (moved.length === 0) return [];
        const marked = marksOf(applied.body).service;
        const services = marked === undefined ? [...new Set(moved.map(({ service }) => service))] : [marked];
        return [{ applied, live: found, ...writer, services, moves: movesIn(moved) }];
    });
}

/**
 * Whether the config has taken an edit over: what it proposes serves everybody as the cluster does.
 *
 * @param proposed what the config proposes, as far as it is known.
 */
export function isAdopted({ live }: ForeignEdit, cluster: World, proposed: readonly Placed[]): boolean {
    const own = proposed.find((one) => identityOf(one) === identityOf(live));
    return own !== undefined && !changesBetween(cluster, overlay(cluster, [own])).some(isMoved);
}

/** Edits by whether anybody still has to decide on them. */
export interface SortedEdits {
    readonly open: readonly ForeignEdit[];
    /** Those that the config has taken over. */
    readonly adopted: readonly ForeignEdit[];
}

/**
 * Sorts edits by what the config makes of them: it has taken them over, or it leads all users to the stable version, for which
 * nobody needs a permit; all others are open.
 */
export function sortedEdits(edits: readonly ForeignEdit[], cluster: World, proposed: readonly Placed[]): SortedEdits {
    const adopted = edits.filter((edit) => isAdopted(edit, cluster, proposed));
    const open = edits.filter((edit) => !adopted.includes(edit) && !leadsToStable(edit, cluster, proposed));
    return { open, adopted };
}

/** Whether this step moves all users of an edit to the stable version: not a little nearer, and not what was applied before it. */
function leadsToStable({ applied, live }: ForeignEdit, cluster: World, proposed: readonly Placed[]): boolean {
    const own = proposed.find((one) => identityOf(one) === identityOf(live));
    if (!own) return false;
    const before = overlay(cluster, [applied]);
    if (!changesBetween(before, overlay(before, [own])).some(isMoved)) return false;
    const after = overlay(cluster, [own]);
    const moved = changesBetween(cluster, after).filter(isMoved);
    const step = { readFrom: "cluster" as const, before: cluster, after };
    const isFree = judge([step], { maxRaise: 0, maxRaiseTogether: 0, isFixed: true }).findings.length === 0;
    return isFree && moved.every((change) => change.after.some(({ percent }) => percent > 99.95));
}

/**
 * What is applied, where edits that the config has taken over count as applied: whoever adopts what the cluster does moves nobody,
 * and is not measured by the way there. What a release is measured by stays as it was applied.
 */
export function withAdopted(state: readonly Placed[], adopted: readonly ForeignEdit[]): Placed[] {
    const taken = new Map(adopted.map(({ applied, live }) => [identityOf(applied), live]));
    return state.map((applied) => {
        const live = taken.get(identityOf(applied));
        if (!live) return applied;
        const { metadata } = applied.body;
        return { ...applied, body: { ...applied.body, metadata, spec: live.body.spec } };
    });
}

/** A stack, as far as a command must name it. */
export interface StackName {
    readonly project: string;
    readonly stack: string;
}

/** A finding for each service that somebody else has moved: an `up` would write over it, or go on as if it were not there. */
export function driftFindings(edits: readonly ForeignEdit[], of: StackName): Finding[] {
    return edits.flatMap(({ live, by, at, services, moves }) =>
        services.map((service): Finding => {
            const who = `${by}${at === undefined ? "" : ` at ${at}`}`;
            const what = moves.length > 0 ? ` (as applied → now: ${moves.join(", ").replaceAll("~ ", "")})` : "";
            const detail = `${live.kind} ${live.namespace}/${live.name} was written by ${who}, and users were moved by that${what}`;
            return { code: "drift", service, detail, fix: driftCommands(service, of).join(", or ") };
        }),
    );
}

/** The two ways on: the config takes what the cluster has, or the cluster gets back what was applied. */
export function driftCommands(service: string, { project, stack }: StackName): [adopt: string, restore: string] {
    const option = stack === "dev" ? "" : ` --stack ${stack}`;
    const restore = `npx upshift restore ${service}${option}`;
    // Only of our own project it is known where the config has its weights.
    return project === "upshift"
        ? [`npx upshift adopt-drift ${service}${option}`, restore]
        : [`give ${service} in the program what the cluster has now`, `${restore} --cwd .`];
}

/** Managers that write for us, or that count what we have asked for. */
const own = /^(pulumi|upshift|kube-controller-manager$|pilot-discovery$)/;

/** Who wrote the spec last, where that is somebody else. Times are whole seconds: of two in one, the other's counts. */
function foreignWriter({ body }: Placed): { by: string; at?: string } | undefined {
    const writers = bodiesAt(body, "metadata", "managedFields")
        .filter((entry) => textAt(entry, "subresource") !== "status" && "f:spec" in bodyAt(entry, "fieldsV1"))
        .map((entry) => ({ by: textAt(entry, "manager") ?? "", at: timeOf(entry) }))
        .sort((one, other) => one.at.localeCompare(other.at) || Number(own.test(other.by)) - Number(own.test(one.by)));
    const last = writers.at(-1);
    if (!last || last.by === "" || own.test(last.by)) return undefined;
    return { by: last.by, ...(last.at !== "" && { at: last.at }) };
}

/** The client has made dates of some times. */
function timeOf({ time }: Body): string {
    const text = time as unknown;
    return text instanceof Date ? text.toISOString() : typeof text === "string" ? text : "";
}

import { shortHost } from "../world/hosts";
import { reading, type World, workloadsBehind } from "../world/world";
import { asAsked, decideAt, routesAt, serviceAt, withoutRules } from "./decide";
import type { Kind, Place } from "./kind";
import type { Share } from "./share";
import { failing, sharesByPods, sharesOf, timeoutOfRule } from "./outcome";
import { lacksPort } from "./servicePorts";
import { namingOf } from "./versions";

/** Who is served by what: the share of each outcome among the requests of a kind at a place. */
export function effectOf(world: World, asked: Place, kind: Kind): readonly Share[] {
    const place = asAsked(world, asked);
    const called = serviceAt(world, place)?.host ?? place.host;
    if (place.entry === "mesh" && kind.port !== undefined && lacksPort(world, called, kind.port))
        return [{ outcome: failing(`no port ${kind.port} of ${shortHost(called)}: 503`), percent: 100 }];
    const { rule, isRouted } = decideAt(world, place, kind);
    const owner = rule && reading(world).routesNamed.get(rule.owner);
    if (rule && owner) return merged(sharesOf(world, rule, namingOf(owner), place.from, kind));
    if (isRouted) return [{ outcome: failing("404: no rule matches"), percent: 100 }];
    const why = withoutRules(world, place);
    return why === undefined
        ? merged(sharesByPods(world, called, kind))
        : [{ outcome: failing(why, "absent"), percent: 100 }];
}

/** Whether anybody is served at a place at all: a place that is not is one of a first deployment. */
export function isServed(world: World, asked: Place): boolean {
    const place = asAsked(world, asked);
    return routesAt(world, place).length > 0 || serviceAt(world, place) !== undefined;
}

/**
 * Whether a place has users who can be moved: one whose Service was made, and whose pods never were, is still being deployed for the
 * first time, as after an update that ended halfway. Only a cluster says that there are none; pods that were scaled to 0 were there.
 */
export function hasUsers(world: World, asked: Place): boolean {
    if (!isServed(world, asked)) return false;
    const service = serviceAt(world, asked);
    const isWithoutPods =
        world.isWhole &&
        service !== undefined &&
        Object.keys(service.selector).length > 0 &&
        workloadsBehind(world, service.host).length === 0;
    return !isWithoutPods || routesAt(world, asAsked(world, asked)).length > 0;
}

/** How long the rule that takes a kind lets an answer take, as Istio writes it; undefined where there is no limit. */
export function timeoutOf(world: World, place: Place, kind: Kind): string | undefined {
    return timeoutOfRule(decideAt(world, asAsked(world, place), kind).rule ?? {});
}

/** Whether two outcomes are the same: the same pods with the same template; where nobody knows the pods, the same destination. */
export function isSame(one: Share["outcome"], other: Share["outcome"]): boolean {
    if (one.pods && other.pods)
        return one.pods.workload === other.pods.workload && one.pods.template === other.pods.template;
    return one.at === other.at;
}

/** Whether what was one outcome still is it after a step. Where pods were and none are it is not: that fails, and is no way back to anybody. */
export function isStill(was: Share["outcome"], is: Share["outcome"]): boolean {
    return isSame(was, is) && (is.lacks === undefined || was.lacks !== undefined);
}

/** Whether no version answers. */
export function isFailure({ fails, lacks }: Share["outcome"]): boolean {
    return fails !== undefined || lacks !== undefined;
}

/** The share of an outcome, in percent. */
export function shareOf(shares: readonly Share[], outcome: Share["outcome"]): number {
    return shares.reduce((sum, share) => (isSame(share.outcome, outcome) ? sum + share.percent : sum), 0);
}

/** One version that is listed twice is served by one. Where routes give different headers, those are different ways. */
function merged(shares: readonly Share[]): Share[] {
    const all: Share[] = [];
    for (const share of shares) {
        const same = all.findIndex(
            ({ outcome }) =>
                isSame(outcome, share.outcome) && JSON.stringify(outcome.given) === JSON.stringify(share.outcome.given),
        );
        const known = all[same];
        if (known) all[same] = { ...known, percent: known.percent + share.percent };
        else all.push(share);
    }
    return all;
}

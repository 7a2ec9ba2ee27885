import { secondsOf } from "../../release/settings";
import { defaultSettings, settingsPath } from "../settings";
import { duration, percent } from "../words";
import { failedShare, type PastWindow } from "./past";
import type { Because, Rehearsal, Rehearsed } from "./release";
import { isMoreThan, judgedOf, type Replay } from "./replay";

/** What would let more releases get there, as far as the past shows it. */
export interface Advice {
    readonly says: string;
    readonly fix?: string;
}

/** The same past with other settings, or other steps. */
export type Again = (settings: Rehearsed["settings"], steps?: Rehearsed["steps"]) => Replay;

/**
 * What is to be changed, if anything. Each change is tried on the same past before it is named.
 */
export function adviceOn(replayed: Replay, past: readonly PastWindow[], of: Rehearsed, again: Again): Advice[] {
    const { releases } = replayed;
    if (isUntimed(replayed, of)) return [untimed(past, of)];
    const stoppedBy = (kind: Because["kind"]): Rehearsal[] => releases.filter(({ because }) => because?.kind === kind);
    const tooFew = stoppedBy("requests");
    const wrongly = stoppedBy("comparison");
    const over = stoppedBy("ceiling");
    const [failing, slow] = [over.filter((one) => isOf(one, "failed")), over.filter((one) => !isOf(one, "failed"))];
    const advice = [
        ...(failing.length > 0 ? [ceilingFor(failing, replayed, past, of, again)] : []),
        ...(slow.length > 0 ? [latencyFor(slow, of)] : []),
        ...(tooFew.length > 0 ? [timeFor(tooFew, replayed, of, again)] : []),
        ...(wrongly.length > 0 ? [alphaFor(wrongly, replayed, of, again)] : []),
    ];
    return advice.length > 0 ? advice : [{ says: "Nothing to change: no release would have been stopped." }];
}

/** @param what a bad request is, as the gate's metric has it. */
function isOf({ because }: Rehearsal, what: string): boolean {
    return because?.kind === "ceiling" && because.what === what;
}

/** Whether latency is asked for, and no release has seen any. */
function isUntimed({ releases }: Replay, { settings }: Rehearsed): boolean {
    const told = releases.filter(({ dispersion }) => Object.keys(dispersion).length > 0);
    return (
        settings.gate.latency !== false &&
        told.length > 0 &&
        told.every(({ dispersion }) => Object.keys(dispersion).length === 1)
    );
}

function untimed(past: readonly PastWindow[], { service, version, steps }: Rehearsed): Advice {
    const isCounted = past.some(({ counts }) => (counts.timed?.get(Infinity) ?? 0) > 0);
    if (!isCounted)
        return {
            says: `How long requests to ${version} take is not measured, and no release can pass: the callers' proxies have no histogram of it.`,
            fix: `pulumi config set --path ${settingsPath(service)}.latency false`,
        };
    const words = steps.map(({ name }) => name).join(",");
    return {
        says: `No release can pass: what is slow is learned before the first share, and these steps begin with one.`,
        fix: `pulumi config set --path release.${service}.steps header,${words}`,
    };
}

/** Ceilings that somebody would write. */
const ceilings = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

/** Of all releases, below which those that were stopped are an incident, and no reason to set the gate in another way. */
const few = 0.1;

function ceilingFor(
    stopped: readonly Rehearsal[],
    replayed: Replay,
    past: readonly PastWindow[],
    { service, version, settings }: Rehearsed,
    again: Again,
): Advice {
    const { ceiling = defaultSettings.ceiling } = settings.gate;
    const shares = stopped.map(({ began, ended }) => failedShare(past, began, ended));
    const spans = [...new Set([Math.min(...shares), Math.max(...shares)].map(percent))].join(" to ");
    const own = `The ceiling of ${percent(ceiling)} stopped ${many(stopped)}: ${version} itself failed ${spans} of its requests meanwhile (${percent(failedShare(past))} in all).`;
    const withCeiling = (one: number): Replay => again({ ...settings, gate: { ...settings.gate, ceiling: one } });
    const enough = ceilings.find(
        (one) => one > ceiling && !withCeiling(one).releases.some((release) => isOf(release, "failed")),
    );
    if (enough === undefined) return { says: `${own} No ceiling lets all of them through: release at other hours.` };
    const then = `a ceiling of ${percent(enough)}, ${got(withCeiling(enough))}`;
    if (stopped.length < few * replayed.releases.length)
        return {
            says: `${own} That is an incident: release at other hours. With ${then}, as would a version that fails so much.`,
        };
    return {
        says: `${own} That is how ${version} is: mend it, or let a new version fail as much. With ${then}.`,
        fix: `pulumi config set --path ${settingsPath(service)}.ceiling ${enough}`,
    };
}

function latencyFor(stopped: readonly Rehearsal[], { service, version, settings }: Rehearsed): Advice {
    const { ceiling = 0 } = settings.gate.latency || {};
    const [what] = stopped.flatMap(({ because }) => (because?.kind === "ceiling" ? [because.what] : []));
    return {
        says: `In ${many(stopped)} more of ${version}'s own requests than the ceiling of ${percent(ceiling)} ${what}.`,
        fix: `pulumi config set --path ${settingsPath(service)}.latency.ceiling ${Math.min(0.5, 2 * ceiling)}`,
    };
}

/** Timeouts that somebody would write. */
const timeouts = ["1h", "2h", "3h", "4h"];

function timeFor(
    stopped: readonly Rehearsal[],
    replayed: Replay,
    { service, version, steps, settings }: Rehearsed,
    again: Again,
): Advice {
    const at = [...new Set(stopped.map(({ step }) => step))].join(", ");
    const own = `At ${at}, ${many(stopped)} had too few requests to ${version} within ${settings.timeout}, the longest that a step is waited for (${needed(stopped)}).`;
    const helps = ({ releases, ended }: Replay): boolean =>
        ended.done > replayed.ended.done &&
        releases.filter(({ because }) => because?.kind === "requests").length <= few * stopped.length;
    for (const longer of timeouts.filter((one) => secondsOf(one) > secondsOf(settings.timeout))) {
        const other = again({ ...settings, timeout: longer });
        if (helps(other))
            return {
                says: `${own} With a timeout of ${longer}, ${got(other)}.`,
                fix: `pulumi config set --path release.${service}.timeout ${longer}`,
            };
    }
    const shares = steps.filter(({ kind }) => kind === "weight");
    // Never by all users at once.
    for (const first of shares.slice(1, -1)) {
        const fewer = steps.filter((step) => step.kind !== "weight" || shares.indexOf(step) >= shares.indexOf(first));
        const other = again(settings, fewer);
        if (helps(other))
            return {
                says: `${own} Beginning with ${first.name} %, ${got(other)}.`,
                fix: `pulumi config set --path release.${service}.steps ${fewer.map(({ name }) => name).join(",")}`,
            };
    }
    return { says: `${own} Begin with a larger share, or ask for a higher ceiling: 3.5/ceiling requests prove it.` };
}

/** How long those steps would have had to be watched. */
function needed(stopped: readonly Rehearsal[]): string {
    const seconds = stopped.map(neededSeconds).filter(Number.isFinite);
    return seconds.length === 0 ? "none came at all" : `at that rate it takes up to ${duration(Math.max(...seconds))}`;
}

/** How long the step at which a release ended would have had to be watched. */
function neededSeconds({ began, ended, passed, because }: Rehearsal): number {
    const more = because?.kind === "requests" ? (because.seconds ?? Infinity) : 0;
    return ended - began - passed.reduce((sum, { seconds }) => sum + seconds, 0) + more;
}

function alphaFor(
    wrongly: readonly Rehearsal[],
    replayed: Replay,
    { service, settings }: Rehearsed,
    again: Again,
): Advice {
    const { alpha = defaultSettings.alpha } = settings.gate;
    const failed = wrongly.filter(({ ending }) => ending === "failed");
    if (failed.length === 0)
        return {
            says: `By chance ${many(wrongly)} stayed at a step, with too much to go on and too little to go back: nothing to change, release again then.`,
        };
    const own = `For nothing, ${many(failed)} would have been given back`;
    if (!isMoreThan(alpha, replayed))
        return { says: `${own}, which is what alpha (${alpha}) allows for: nothing to change.` };
    const lower = alpha / 10;
    const other = again({ ...settings, gate: { ...settings.gate, alpha: lower } });
    return {
        says: `${own}, more than alpha (${alpha}) promises: requests turn bad together here, and not each by itself. With a tenth of it ${got(other)}, and a bad version is found some windows later.`,
        fix: `pulumi config set --path ${settingsPath(service)}.alpha ${lower}`,
    };
}

/** How many would get there. */
function got(other: Replay): string {
    const { ended } = other;
    const stopped = [
        ...(ended.failed > 0 ? [`${ended.failed} failed`] : []),
        ...(ended.held > 0 ? [`${ended.held} held`] : []),
        ...(ended.unjudged > 0 ? [`${ended.unjudged} not judged`] : []),
    ];
    const others = stopped.length > 0 ? ` (${stopped.join(", ")})` : "";
    return `${ended.done} of ${judgedOf(other)} would have got there${others}`;
}

function many(releases: readonly Rehearsal[]): string {
    return releases.length === 1 ? "1 release" : `${releases.length} releases`;
}

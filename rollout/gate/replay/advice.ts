import { defaultSettings, settingsPath } from "../settings";
import { isTimed } from "../latency";
import { percent } from "../words";
import { failedShare, ownOf, type PastWindow } from "../past";
import { type Because, type Rehearsed, type Stopped, stoppedIn, stoppersOf } from "./rehearsal";
import type { Replay } from "./replay";
import { type Advice, type Again, few, got, learningFor, many, timeFor, timesOf, versionOf } from "./waiting";

/** What is to be changed, if anything. Another ceiling, timeout, time to bake or share is tried on the same past before it is named. */
export function adviceOn(replayed: Replay, past: readonly PastWindow[], of: Rehearsed, again: Again): Advice[] {
    const { releases } = replayed;
    const stopped = stoppedIn(releases);
    const stoppedBy = (kind: Because["kind"]): Stopped[] => stopped.filter(({ because }) => because.kind === kind);
    const [untimed, tooFew] = [stoppedBy("untimed"), stoppedBy("requests")];
    const wrongly = stoppedBy("comparison");
    const over = stoppedBy("ceiling");
    const [failing, slow] = [over.filter((one) => isOf(one, "failed")), over.filter((one) => !isOf(one, "failed"))];
    const advice = [
        ...(failing.length > 0 ? [ceilingFor(failing, replayed, past, of, again)] : []),
        ...(slow.length > 0 ? [latencyFor(slow, of)] : []),
        ...(untimed.length > 0 ? [timingFor(untimed, past, of)] : []),
        ...(tooFew.length > 0 ? [timeFor(tooFew, replayed, of, again)] : []),
        ...(wrongly.length > 0 ? [learningFor(wrongly, replayed, of, again)] : []),
    ];
    return advice.length > 0 ? advice : [{ says: "Nothing to change: no release would have been stopped." }];
}

/** @param what a bad request is, as the gate's metric has it. */
function isOf({ because }: Stopped, what: string): boolean {
    return because.kind === "ceiling" && because.what === what;
}

/** What was counted of the services that stopped releases. */
function pastOfThose(stopped: readonly Stopped[], past: readonly PastWindow[]): PastWindow[] {
    return stoppersOf(stopped).flatMap((service) => ownOf(service, past));
}

function timingFor(stopped: readonly Stopped[], past: readonly PastWindow[], of: Rehearsed): Advice {
    const own = `${many(stopped)} could not be judged by how long requests to ${versionOf(stopped, of)} take:`;
    const isCounted = pastOfThose(stopped, past).some(({ counts }) => isTimed(counts));
    const why = isCounted ? "too few came to learn it by" : "its callers' proxies have no histogram of it";
    return { says: `${own} ${why}.`, fix: `pulumi config set --path ${settingsPath(of.service)}.latency false` };
}

/** Ceilings that somebody would write. */
const ceilings = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

function ceilingFor(
    stopped: readonly Stopped[],
    replayed: Replay,
    past: readonly PastWindow[],
    of: Rehearsed,
    again: Again,
): Advice {
    const { service, settings } = of;
    const version = versionOf(stopped, of);
    const { ceiling = defaultSettings.ceiling } = settings.gate;
    const shares = stopped.map((one) => failedShare(ownOf(one.service, past), one.began, one.ended));
    const spans = [...new Set([Math.min(...shares), Math.max(...shares)].map(percent))].join(" to ");
    const own = `The ceiling of ${percent(ceiling)} stopped ${many(stopped)}: ${version} itself failed ${spans} of its requests meanwhile (${percent(failedShare(pastOfThose(stopped, past)))} in all).`;
    const withCeiling = (one: number): Replay => again({ ...settings, gate: { ...settings.gate, ceiling: one } });
    const enough = ceilings.find(
        (one) => one > ceiling && !stoppedIn(withCeiling(one).releases).some((other) => isOf(other, "failed")),
    );
    if (enough === undefined) return { says: `${own} No ceiling lets all of them through: release at other hours.` };
    const then = `a ceiling of ${percent(enough)}, ${got(withCeiling(enough))}`;
    if (timesOf(stopped) < few * replayed.releases.length)
        return {
            says: `${own} That is an incident: release at other hours. With ${then}, as would a version that fails so much.`,
        };
    return {
        says: `${own} That is how ${version} is: mend it, or let a new version fail as much. With ${then}.`,
        fix: `pulumi config set --path ${settingsPath(service)}.ceiling ${enough}`,
    };
}

function latencyFor(stopped: readonly Stopped[], of: Rehearsed): Advice {
    const { service, settings } = of;
    const { ceiling = 0 } = settings.gate.latency || {};
    const [what] = stopped.flatMap(({ because }) => (because.kind === "ceiling" ? [because.what] : []));
    return {
        says: `In ${many(stopped)} more of ${versionOf(stopped, of)}'s own requests than the ceiling of ${percent(ceiling)} ${what}.`,
        fix: `pulumi config set --path ${settingsPath(service)}.latency.ceiling ${Math.min(0.5, 2 * ceiling)}`,
    };
}

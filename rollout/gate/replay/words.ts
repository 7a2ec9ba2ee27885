import Table from "cli-table3";
import { duration, number, percent } from "../words";
import { againOf } from "./look";
import { failedShare, ownOf, type PastWindow, totalOf } from "../past";
import { type Ending, isChain, type Rehearsal, type Rehearsed, stoppedIn, stoppersOf } from "./rehearsal";
import { isMoreThan, judgedOf } from "./replay";
import { type Answered, instant } from "./run";

/** How often a gate would have cried, for people. */
export function replayText(answered: Answered): string {
    const { of, replayed, advice } = answered;
    return [
        `${of.service}: ${of.version} released to itself (as ${againOf(of.version)}) ${number(replayed.releases.length)} times, one each ${duration(replayed.every)}, from ${instant(answered.stretch.from)} to ${instant(answered.stretch.until)}.`,
        ...of.counted.map((service) => counted(answered, service)),
        outcomes(answered),
        steps(answered),
        ...(["failed", "held", "unjudged"] as const).flatMap((ending) => stopped(answered, ending)),
        ...of.counted.map((service) => dispersion(answered, service)),
        dealt(answered),
        ...advice.map(({ says, fix }) => (fix === undefined ? says : `${says}\n  fix: ${fix}`)),
    ]
        .filter((part) => part !== "")
        .join("\n");
}

/** The same as data: of a chain what is a service's own by its name. Shares are from 0 to 1, times in seconds, instants as ISO 8601 has them. */
export function replayJson(answered: Answered): object {
    const { of, stretch, seed, alpha, replayed, advice } = answered;
    const isOfMany = isChain(of);
    const known = (service: string) => ({ ...countsOf(answered, service), dispersion: dispersions(answered, service) });
    const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
    return {
        ...{ service: of.service, version: of.version, seed, alpha },
        ...{ from: iso(stretch.from), until: iso(stretch.until), windowSeconds: stretch.seconds },
        ...(isOfMany
            ? { services: Object.fromEntries(of.counted.map((service) => [service, known(service)])) }
            : countsOf(answered, of.service)),
        dealt: "each request by itself; those that turned bad together stay together",
        ...{ steps: of.steps.map(({ name }) => name), every: replayed.every, knowsHour: of.knowsHour },
        releases: { made: replayed.releases.length, judged: judgedOf(replayed), ...replayed.ended },
        criesMoreThanAlpha: isMoreThan(alpha, replayed),
        ...(!isOfMany && { dispersion: dispersions(answered, of.service) }),
        passedAfter: stepTimes(answered),
        stopped: replayed.releases
            .filter(({ because }) => because !== undefined)
            .map((release) => {
                const { began, ended, passed: _, services, ...more } = release;
                const by = isOfMany && { stoppedBy: stoppersOf(stoppedIn([release])), services };
                return { began: iso(began), ended: iso(ended), ...more, ...by };
            }),
        advice,
    };
}

function countsOf(answered: Answered, service: string) {
    const windows = ownOf(service, answered.past.windows);
    const missingSeconds = missingIn(windows, answered);
    return { missingSeconds, ...totalOf(windows), failedShare: failedShare(windows) };
}

function counted(answered: Answered, service: string): string {
    const { of, stretch } = answered;
    const { requests, failedShare: share, missingSeconds: missing } = countsOf(answered, service);
    const gap = missing >= stretch.seconds ? ` Of ${duration(missing)} Prometheus has no counts.` : "";
    const callers = isChain(of) ? `Callers of ${service}` : "Its callers";
    return `${callers} counted ${number(requests)} requests to ${of.version} in windows of ${duration(stretch.seconds)}; ${percent(share)} of them failed.${gap}`;
}

const named: Readonly<Record<Ending, string>> = {
    done: "got there",
    failed: "failed",
    held: "held",
    unjudged: "not judged",
    cutOff: "cut off",
};

function outcomes({ replayed, alpha, of }: Answered): string {
    const table = new Table({ head: ["release", "times", ""], style: { head: [], border: [] } });
    const took = replayed.releases.filter(({ ending }) => ending === "done").map(({ began, ended }) => ended - began);
    const said: Readonly<Record<Ending, string>> = {
        done: took.length > 0 ? `in ${duration(median(took))}, the slowest in ${duration(Math.max(...took))}` : "",
        failed: `alpha (${percent(alpha)}) allows for ${number(alpha * judgedOf(replayed))}`,
        held: `over the ceiling until a step's timeout (${of.settings.timeout})`,
        unjudged: `until a step's timeout (${of.settings.timeout})`,
        cutOff: "by the end of the past",
    };
    for (const ending of Object.keys(named) as Ending[])
        table.push([named[ending], replayed.ended[ending], said[ending]]);
    return table.toString();
}

/** How long a step would have to be watched. */
function steps(answered: Answered): string {
    const times = stepTimes(answered);
    if (times.length === 0) return "";
    const table = new Table({ head: ["step", "passed after", "the slowest"], style: { head: [], border: [] } });
    for (const { step, median: usual, longest } of times) table.push([step, duration(usual), duration(longest)]);
    return table.toString();
}

function stepTimes({ of, replayed }: Answered): { step: string; median: number; longest: number }[] {
    return of.steps.flatMap(({ name }) => {
        const seconds = replayed.releases.flatMap(({ passed }) =>
            passed.filter(({ step }) => step === name).map((one) => one.seconds),
        );
        return seconds.length === 0 ? [] : [{ step: name, median: median(seconds), longest: Math.max(...seconds) }];
    });
}

/** Releases of each ending that are told one by one. */
const most = 5;

function stopped({ replayed, of }: Answered, ending: Ending): string[] {
    const all = replayed.releases.filter((one) => one.ending === ending);
    const more = all.length > most ? [`${named[ending]}: ${all.length - most} more, which --json has`] : [];
    return [...all.slice(0, most).map((one) => lineOf(one, of)), ...more];
}

function lineOf(release: Rehearsal, of: Rehearsed): string {
    const { began, ended, ending, step, reason = "" } = release;
    // What would mend it is said at the end, once.
    const [why = ""] = reason.split("\n");
    const who = isChain(of) ? ` by ${stoppersOf(stoppedIn([release])).join(" and ")}` : "";
    return `${named[ending]} at ${step}${who}, ${instant(ended)}, ${duration(ended - began)} after it began: ${why}`;
}

function dispersion(answered: Answered, service: string): string {
    const { measured, gate } = dispersions(answered, service);
    const all = Object.entries(measured).map(([what, { median: usual, most: highest }]) => {
        const those = what === "slow" ? "slow ones" : "failures";
        return `${those} ${number(usual)} at a time, ${number(highest)} at most`;
    });
    const taken = Object.entries(gate).map(([what, { median: usual }]) => `${what}: ${number(usual)}`);
    const known = taken.length > 0 ? ` By the end of a release its gate took that for: ${taken.join(", ")}.` : "";
    const { of } = answered;
    const { knowsHour } = of;
    const version = isChain(of) ? `${service} ${of.version}` : of.version;
    const read = knowsHour
        ? " A release by Prometheus reads the hour before."
        : " A release that asks the proxies, as the config has it, does not know the hour before.";
    return `In the hours around each, ${version}'s requests turned bad together (φ): ${all.join("; ")}.${service === of.counted[0] ? read : ""}${known}`;
}

interface Spread {
    readonly median: number;
    readonly most: number;
}

/** φ as it was in the hour before each release, and as its gate had measured it by the end. */
function dispersions(
    { replayed: { releases } }: Answered,
    service: string,
): Record<"measured" | "gate", Record<string, Spread>> {
    const found = releases.flatMap(({ services }) => services[service] ?? []);
    const spread = (values: readonly number[]): Spread => ({ median: median(values), most: Math.max(...values) });
    const of = (key: "failed" | "slow"): Spread => spread(found.map(({ bursts }) => bursts[key]));
    const whats = [...new Set(found.flatMap((one) => Object.keys(one.dispersion)))];
    const taken = whats.map((what): [string, Spread] => [
        what,
        spread(found.flatMap(({ dispersion: own }) => own[what] ?? [])),
    ]);
    return {
        measured: { failed: of("failed"), ...(whats.length > 1 && { slow: of("slow") }) },
        gate: Object.fromEntries(taken),
    };
}

function dealt({ of, seed }: Answered): string {
    const how = isChain(of)
        ? "each service's apart, where the edge deals once for all of them"
        : "as the mesh deals them";
    return `Each request was dealt by itself to ${of.version} or ${againOf(of.version)}, ${how}; those that turned bad together stayed together (seed ${seed}). A bad pod of the new version's own is not in the past: docs/gates.md.`;
}

function missingIn(windows: readonly PastWindow[], { stretch }: Answered): number {
    return Math.max(0, stretch.until - stretch.from - windows.length * stretch.seconds);
}

function median(values: readonly number[]): number {
    return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

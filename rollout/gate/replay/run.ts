import { UserError } from "../../../components/userError";
import { pendingConfig } from "../../guard/state";
import { projectName } from "../../plan/projectName";
import { gateSettingsOf } from "../../release/gates";
import { servedService } from "../../release/service";
import { secondsOf } from "../../release/durations";
import { countedIn } from "../../release/members";
import { mapAt } from "../../release/shares";
import { gateSettings } from "../settings";
import { prometheusCounts, type Stretch } from "../sources/prometheus";
import type { ServiceName } from "../sources/queries";
import { windowSeconds } from "../windows";
import { duration } from "../words";
import { adviceOn } from "./advice";
import { type Asked, askedFor, hours, type Place } from "./asked";
import { asOne, type Past, pastOf, totalOf } from "../past";
import type { Rehearsed } from "./rehearsal";
import { judgedOf, replay, type Replay } from "./replay";
import type { Advice, Again } from "./waiting";

/** The answer. */
export interface Answered {
    readonly of: Rehearsed;
    readonly stretch: Stretch;
    /** Of all services that are counted. */
    readonly past: Pick<Past, "windows">;
    readonly seed: number;
    /** Of the gate: the chance of failing a good release. */
    readonly alpha: number;
    readonly replayed: Replay;
    readonly advice: readonly Advice[];
}

/**
 * Runs a service's gate over the past: on releases of its stable version to itself.
 *
 * @throws where it can't be asked: no such service, no Prometheus, or none that has so much of the past.
 */
export async function runReplay(asked: Asked): Promise<Answered> {
    const { stack, folder, service } = asked;
    const { served } = await servedService(stack, service, folder);
    const config = mapAt(await pendingConfig(stack, folder), projectName(folder), "release");
    const counted = countedIn({ service, served }).map((one) => [one.service, one.served.host] as const);
    return answerOn(asked, config[service], served.stable, Object.fromEntries(counted));
}

/**
 * The same of a service as the stack has it.
 *
 * @param given `release.<service>` of the config, where it has that.
 * @param version the stable one.
 * @param counted what each service is called in the cluster whose requests are counted, by name: itself, or of a chain those in its place.
 */
export async function answerOn(
    asked: Asked,
    given: unknown,
    version: string,
    counted: Readonly<Record<string, ServiceName>>,
): Promise<Answered> {
    const { service, seed } = asked;
    const { of, place } = askedFor(asked, given, version, Object.keys(counted));
    const { stretch, past } = await readPasts(asked, of, place, counted);
    const again: Again = (settings, steps = of.steps) => replay(past.windows, { ...of, settings, steps }, seed);
    const replayed = again(of.settings);
    checkJudged(asked, of, replayed);
    const { alpha } = gateSettings(service, gateSettingsOf(of.settings));
    return { of, stretch, past, seed, alpha, replayed, advice: adviceOn(replayed, past.windows, of, again) };
}

/** @throws where every release is cut off by the end of the past: that none was stopped would say nothing. */
function checkJudged({ seconds, at }: Asked, { settings }: Rehearsed, { releases, ...replayed }: Replay): void {
    if (judgedOf({ releases, ...replayed }) > 0) return;
    const { step = "", reason = "" } = releases[0] ?? {};
    const [word = ""] = reason.split("\n");
    throw new UserError({
        what: `No release got to an end in ${duration(seconds)}: a step is waited for ${settings.timeout} at most. The first one was at ${step}. ${word}`,
        where: "--replay",
        fix: `npx upshift gate ${at} --replay ${hours(2 * Math.max(seconds, secondsOf(settings.timeout)))}`,
    });
}

/** The pasts of all that are counted, as one. @throws with every service that has none */
async function readPasts(
    asked: Asked,
    of: Rehearsed,
    place: Place,
    counted: Readonly<Record<string, ServiceName>>,
): Promise<Pick<Answered, "stretch" | "past">> {
    const read = await Promise.allSettled(
        Object.entries(counted).map(async ([service, host]) => ({
            service,
            ...(await readPast(asked, of, place, host)),
        })),
    );
    const problems = read.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []));
    const told = [...new Map(problems.map((one) => [one.message, one])).values()];
    if (told.length > 1) throw new UserError({ what: told.map(({ message }) => message).join("\n") });
    if (told[0]) throw told[0];
    const found = read.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const [{ stretch }] = found as [(typeof found)[0]];
    const windows = asOne(Object.fromEntries(found.map(({ service, past }) => [service, past.windows])));
    return { stretch, past: { windows } };
}

/**
 * What a Prometheus has of a service's version.
 *
 * @throws where it has nothing, or not as much.
 */
export async function readPast(
    asked: Asked,
    { version, settings }: Pick<Rehearsed, "version" | "settings">,
    place: Place,
    host: ServiceName,
): Promise<{ stretch: Stretch; past: Past }> {
    const source = prometheusCounts(place, settings.gate.latency !== false);
    const seconds = windowSeconds(source);
    // Asked again within the same window, it is the same past.
    const until = Math.floor(asked.until / seconds) * seconds;
    const stretch = { from: until - Math.floor(asked.seconds / seconds) * seconds, until, seconds };
    const past = await pastOf(source.readPast(host, stretch), version);
    const { since, versions, windows } = past;
    const name = `${host.name}.${host.namespace}`;
    const at = `${source.name} has`;
    if (versions.length === 0) {
        await refuseOtherKind(asked, place, host, stretch);
        throw new Error(`In the ${duration(asked.seconds)} until ${instant(until)}: ${source.nothing(host)}`);
    }
    if (since === undefined)
        throw new UserError({
            what: `${at} requests to ${name}, and none to its stable version ${version}: it knows ${versions.map((one) => one || "one without a name").join(", ")}.`,
            fix: "label the pods of a version with version: NAME, or stable: the one that serves (npx upshift status)",
        });
    if (since - stretch.from > toleratedSeconds + 2 * seconds)
        throw new UserError({
            what: `${at} requests to ${version} of ${name} since ${instant(since)} only, and ${duration(asked.seconds)} are asked for: it keeps no more, or nobody called that version before.`,
            where: "--replay",
            fix: `npx upshift gate ${asked.at} --replay ${asWritten(until - since)}`,
        });
    if (totalOf(windows).requests === 0)
        throw new UserError({
            what: `${at} no request to ${version} of ${name} in the ${duration(asked.seconds)} until ${instant(until)}: its counters stood still.`,
            where: "--replay",
            fix: `npx upshift gate ${asked.at} --replay 168h`,
        });
    return { stretch, past };
}

/** A Prometheus shows a counter that was not scraped for so long. */
const toleratedSeconds = 300;

/** @throws where the proxies have the other kind of metrics. */
async function refuseOtherKind(
    { at, replay }: Asked,
    place: Place,
    host: ServiceName,
    stretch: Stretch,
): Promise<void> {
    const metrics = place.metrics === "istio" ? "envoy" : "istio";
    const other = prometheusCounts({ ...place, metrics }, false);
    const found = await other.readPast(host, stretch).next();
    if (found.done) return;
    throw new UserError({
        what: `${other.name} has no requests to ${host.name}.${host.namespace} as "${place.metrics}" counts them, but as "${metrics}" does.`,
        where: "--metrics",
        fix:
            metrics === "istio"
                ? `npx upshift gate ${at} --replay ${replay} --metrics istio`
                : `npx upshift gate ${at} --replay ${replay} --metrics envoy`,
    });
}

/** As `--replay` takes it. */
function asWritten(seconds: number): string {
    return seconds >= 7200 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 60)}m`;
}

/** An instant for people: `2026-11-26 13:45 UTC`. @param seconds since 1970 */
export function instant(seconds: number): string {
    return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

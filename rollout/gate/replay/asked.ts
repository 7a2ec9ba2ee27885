import { UserError } from "../../../components/userError";
import { gateSettingsOf } from "../../release/gates";
import { declaredSettingsOf } from "../../release/stackHands";
import { quoted } from "../../release/plan";
import { isWait, noCopiesOfChain, parseSteps, wordOf } from "../../release/steps";
import { gateSettings } from "../settings";
import { duration } from "../words";
import { type CountedStep, isChain, type Rehearsed } from "./rehearsal";
import { leastSeconds } from "./replay";

/** What is asked; what is left out is as the config has it. Times are in seconds. */
export interface Asked {
    readonly stack: string;
    readonly folder?: string | undefined;
    readonly service: string;
    /** How far back. */
    readonly seconds: number;
    /** The end of it, since 1970. */
    readonly until: number;
    readonly steps?: string | undefined;
    /** In place of the steps: this share alone, in percent. */
    readonly share?: number | undefined;
    readonly bake?: string | undefined;
    readonly prometheus?: string | undefined;
    readonly metrics?: Kind | undefined;
    readonly scrapeSeconds?: number | undefined;
    readonly seed: number;
    /** The service and its stack, as a command names them. */
    readonly at: string;
    /** How far back, as it was asked for. */
    readonly replay: string;
}

/** Whose metrics the proxies have. */
export type Kind = "istio" | "envoy";

/** The Prometheus that has the past. */
export interface Place {
    readonly url: string;
    readonly metrics: Kind;
    readonly scrapeSeconds: number;
}

/**
 * The release that is made of the past, and where that is.
 *
 * @param given `release.<service>` of the config, where it has that.
 * @param version the stable one.
 * @param counted the services whose requests are counted, where it is a chain.
 * @throws where they can't be meant, no Prometheus is named, or no release fits into the time.
 */
export function askedFor(
    asked: Asked,
    given: unknown,
    version: string,
    counted: readonly string[] = [asked.service],
): { of: Rehearsed; place: Place } {
    const { service, folder, share, at, replay } = asked;
    const declared = declaredSettingsOf(service, given ?? {}, folder);
    const { prometheus } = declared;
    const url = asked.prometheus ?? prometheus?.url;
    if (url === undefined)
        throw new UserError({
            what: `${service} is judged by what the callers' proxies themselves have counted, and these have no past: they only know what they have counted until now. A Prometheus that scrapes them knows it.`,
            where: `release.${service}.prometheus`,
            fix: `npx upshift gate ${at} --replay ${replay} --prometheus http://127.0.0.1:9090 --metrics istio`,
        });
    const text = share === undefined ? (asked.steps ?? declared.steps) : `header,${share}`;
    const settings = { ...declared, steps: text, bake: asked.bake ?? declared.bake };
    gateSettings(service, gateSettingsOf(settings));
    const members = new Set([service, ...(declared.with ?? service).split(",").map((name) => name.trim())]);
    const services = counted.length + members.size - 1;
    // Asked for by an option alone, Prometheus is the replay's, and not the release's.
    const knowsHour = prometheus !== undefined;
    const of = { service, counted, version, settings, services, knowsHour, steps: countedSteps(asked, text) };
    if (isChain(of)) checkCopies(asked, text);
    checkLength(asked, of);
    const metrics = asked.metrics ?? prometheus?.metrics ?? "istio";
    return { of, place: { url, metrics, scrapeSeconds: asked.scrapeSeconds ?? prometheus?.scrapeSeconds ?? 15 } };
}

/** Steps at which something is counted: the past waits for nobody. */
function countedSteps({ service, share, steps: given, at, replay }: Asked, text: string): CountedStep[] {
    const { steps, problems } = parseSteps(text, `release.${service}.steps`);
    // A share that is asked for alone does not end at 100.
    const [first] = share === undefined ? problems : [];
    if (first)
        throw new UserError({
            what: `${problems.map(({ message }) => message).join("; ")}.`,
            where: given === undefined ? first.at : "--steps",
            fix:
                given === undefined
                    ? first.fix
                    : `npx upshift gate ${at} --replay ${replay} --steps header,10,25,50,100`,
        });
    return steps.filter((step) => !isWait(step));
}

/** @throws where a chain would be released by steps that it can't have */
function checkCopies({ service, steps: given, at, replay }: Asked, text: string): void {
    const { steps } = parseSteps(text, "");
    const rest = steps.filter(({ kind }) => kind !== "mirror");
    if (rest.length === steps.length) return;
    throw new UserError({
        what: noCopiesOfChain,
        where: given === undefined ? `release.${service}.steps` : "--steps",
        fix: `npx upshift gate ${at} --replay ${replay} --steps ${quoted(rest.map(wordOf).join(","))}`,
    });
}

function checkLength({ seconds, at }: Asked, of: Rehearsed): void {
    const least = leastSeconds(of);
    if (seconds >= least) return;
    const steps = of.steps.map(({ name }) => name).join(", ");
    throw new UserError({
        what: `A release by ${steps} takes ${duration(least)} at least, ${of.settings.bake} a step, and none fits into ${duration(seconds)}.`,
        where: "--replay",
        fix: `npx upshift gate ${at} --replay ${hours(Math.max(86_400, least))}`,
    });
}

/** So much time, in whole hours, as `--replay` takes it. */
export function hours(seconds: number): string {
    return `${Math.ceil(seconds / 3600)}h`;
}

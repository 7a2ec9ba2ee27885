import type { Problem } from "../../components/traffic/split/problem";
import type { Mirror } from "../../components/traffic/split/routing";
import { milliseconds } from "../../components/traffic/world/durations";
import type { Weights } from "../../components/traffic/split/weights";

/**
 * One step of a release: testers alone reach the new version, or it gets copies of requests, or it has a share of all users, or
 * somebody is waited for.
 */
export type ReleaseStep =
    | { readonly kind: "header"; readonly name: string }
    | { readonly kind: "mirror"; readonly name: string; readonly percent: number }
    | { readonly kind: "weight"; readonly name: string; readonly percent: number }
    | Wait;

/** A step that moves nobody. */
export type Wait =
    | {
          readonly kind: "pause";
          readonly name: string;
          /** It is over after so long. */
          readonly seconds?: number;
          /** Or expires then, where nobody has let it go on. */
          readonly expiresSeconds?: number;
      }
    | {
          readonly kind: "approval";
          readonly name: string;
          /** Who alone may give it. */
          readonly by?: string;
      };

/** The steps of a release for which nobody has named any, before a service's limits ask for more between them. */
export const defaultSteps = "header,10,25,50,100";

/** Why no step of a chain is a mirror. */
export const noCopiesOfChain = "a chain gets no copies: its services would answer them by weights of their own";

/** Where a service is: what is applied, as far as a release is about it. */
export interface Whereabouts {
    readonly weights: Weights;
    /** The version to which a header leads. */
    readonly headerTo?: string | undefined;
    /** The version that gets copies of requests. */
    readonly mirror?: Mirror | undefined;
    readonly stable: string;
}

/** Whether a step only waits. */
export function isWait(step: ReleaseStep | undefined): step is Wait {
    return step?.kind === "pause" || step?.kind === "approval";
}

/**
 * Reads the steps of a release.
 *
 * @param text `header,mirror:20,10,25,50,100`, with `pause`, `pause:10m`, `pause:<10m`, `approval` or `approval:NAME` between them.
 * @param at where it stands, for the message.
 */
export function parseSteps(text: string, at: string): { steps: ReleaseStep[]; problems: Problem[] } {
    const words = text.split(",").map((word) => word.trim());
    const read = words.map((word, index) => stepOf(word, index));
    const steps = read.filter((step) => step !== undefined);
    const fix = `pulumi config set --path ${at} ${defaultSteps}`;
    const unknown = words.filter((_, index) => read[index] === undefined);
    const shares = percentsOf(steps, "weight");
    const copies = percentsOf(steps, "mirror");
    const lastCopies = steps.findLastIndex(({ kind }) => kind === "mirror");
    const firstShare = steps.findIndex(({ kind }) => kind === "weight");
    const problems = [
        ...unknown.map(
            (word) =>
                `"${word}" is no step: a percent from 1 to 100, header, mirror or mirror:20, pause, pause:10m or pause:<10m, approval or approval:NAME`,
        ),
        ...(isRising(shares) ? [] : [`the shares ${shares.join(", ")} do not rise`]),
        ...(isRising(copies) ? [] : [`the copies ${copies.join(", ")} do not rise`]),
        ...(shares.at(-1) === 100 ? [] : ["the last share must be 100, or nobody could say when the release is over"]),
        ...(steps.findIndex(({ kind }) => kind === "header") > 0 ? ["header comes first: later it tests nothing"] : []),
        ...(firstShare >= 0 && lastCopies > firstShare
            ? ["mirror comes before the first share: later users are served by the version itself"]
            : []),
    ];
    return { steps, problems: problems.map((message) => ({ at, message, fix })) };
}

function percentsOf(steps: readonly ReleaseStep[], kind: "weight" | "mirror"): number[] {
    return steps.flatMap((step) => (step.kind === kind && "percent" in step ? [step.percent] : []));
}

function isRising(percents: readonly number[]): boolean {
    return percents.every((percent, index) => index === 0 || percent > (percents[index - 1] ?? 0));
}

function stepOf(word: string, index: number): ReleaseStep | undefined {
    if (word === "header") return { kind: "header", name: "header" };
    const [, kind, , argument] = /^(mirror|pause|approval)(:(.+))?$/.exec(word) ?? [];
    if (kind === "pause") return pauseOf(argument, `pause-${index}`);
    if (kind === "approval")
        return { kind, name: `approval-${index}`, ...(argument !== undefined && { by: argument.trim() }) };
    const percent = Number((kind === "mirror" ? (argument ?? "100") : word).replace(/ *%$/, ""));
    if (!Number.isInteger(percent) || percent < 1 || percent > 100) return undefined;
    return kind === "mirror" ? { kind, name: word, percent } : { kind: "weight", name: `${percent}`, percent };
}

function pauseOf(argument: string | undefined, name: string): Wait | undefined {
    if (argument === undefined) return { kind: "pause", name };
    const [, isLimit, time = ""] = /^(<)? *(.*)$/.exec(argument) ?? [];
    const seconds = milliseconds(time) / 1000;
    if (seconds <= 0) return undefined;
    return { kind: "pause", name, ...(isLimit ? { expiresSeconds: seconds } : { seconds }) };
}

/** A step as it is written. */
export function wordOf(step: ReleaseStep): string {
    switch (step.kind) {
        case "header":
        case "mirror":
        case "weight":
            return step.name;
        case "pause":
            if (step.seconds !== undefined) return `pause:${step.seconds}s`;
            return step.expiresSeconds === undefined ? "pause" : `pause:<${step.expiresSeconds}s`;
        case "approval":
            return step.by === undefined ? "approval" : `approval:${step.by}`;
    }
}

/**
 * The step that a service is at: the last one whose share it has, or has passed; -1 before the first. Nothing but what is applied says
 * so: whoever starts the driver anew finds the same.
 */
export function positionOf(steps: readonly ReleaseStep[], to: string, applied: Whereabouts): number {
    const { weights, headerTo, mirror } = applied;
    const share = weights[to] ?? 0;
    if (share > 0) return steps.findLastIndex((step) => step.kind === "weight" && step.percent <= share);
    const copied = mirror?.to === to ? (mirror.percent ?? 100) : 0;
    const ofCopies = steps.findLastIndex((step) => step.kind === "mirror" && step.percent <= copied);
    if (ofCopies >= 0) return ofCopies;
    return headerTo === to && steps[0]?.kind === "header" ? 0 : -1;
}

/** How a position is called, in the config and in messages. */
export function nameOf(steps: readonly ReleaseStep[], position: number): string {
    return steps[position]?.name ?? "begin";
}

/** The weights of a step: the new version's share, the baseline's where there is one, and all others at stable. */
export function weightsAt(
    to: string,
    percent: number,
    { weights, stable }: Pick<Whereabouts, "weights" | "stable">,
    baseline?: string,
): Weights {
    const versions = [...new Set([...Object.keys(weights), stable, to])];
    const compared = baseline === undefined ? 0 : baselineShare(percent);
    const own: Weights = {
        [stable]: 100 - percent - compared,
        ...(baseline && { [baseline]: compared }),
        [to]: percent,
    };
    return Object.fromEntries(versions.map((version) => [version, own[version] ?? 0]));
}

/** Percent of users for a baseline beside a version with so many: as many, or half of the others' where those are fewer. */
export function baselineShare(percent: number): number {
    return Math.min(percent, Math.floor((100 - percent) / 2));
}

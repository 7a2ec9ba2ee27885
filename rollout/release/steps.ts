import type { Problem } from "../../components/traffic/split/problem";
import { milliseconds } from "../../components/traffic/world/durations";
import type { Weights } from "../../components/traffic/split/weights";

/**
 * One step of a release: testers alone reach the new version, or it has a share of all users, or somebody is waited for.
 */
export type ReleaseStep =
    | { readonly kind: "header"; readonly name: string }
    | { readonly kind: "weight"; readonly name: string; readonly percent: number }
    | { readonly kind: "pause"; readonly name: string; readonly seconds?: number };

/** Where a service is: what is applied, as far as a release is about it. */
export interface Whereabouts {
    readonly weights: Weights;
    /** The version to which a header leads. */
    readonly headerTo?: string | undefined;
    readonly stable: string;
}

/**
 * Reads the steps of a release.
 *
 * @param text `header,10,25,50,100`, with `pause` or `pause:10m` between them.
 * @param at where it stands, for the message.
 */
export function parseSteps(text: string, at: string): { steps: ReleaseStep[]; problems: Problem[] } {
    const words = text.split(",").map((word) => word.trim());
    const read = words.map((word, index) => stepOf(word, index));
    const steps = read.filter((step) => step !== undefined);
    const fix = `pulumi config set --path ${at} header,10,25,50,100`;
    const unknown = words.filter((_, index) => read[index] === undefined);
    const shares = steps.flatMap((step) => (step.kind === "weight" ? [step.percent] : []));
    const isRising = shares.every((percent, index) => index === 0 || percent > (shares[index - 1] ?? 0));
    const problems = [
        ...unknown.map((word) => `"${word}" is no step: a percent from 1 to 100, header, pause or pause:10m`),
        ...(isRising ? [] : [`the shares ${shares.join(", ")} do not rise`]),
        ...(shares.at(-1) === 100 ? [] : ["the last share must be 100, or nobody could say when the release is over"]),
        ...(steps.findIndex(({ kind }) => kind === "header") > 0 ? ["header comes first: later it tests nothing"] : []),
    ];
    return { steps, problems: problems.map((message) => ({ at, message, fix })) };
}

function stepOf(word: string, index: number): ReleaseStep | undefined {
    if (word === "header") return { kind: "header", name: "header" };
    const pause = /^pause(?::(.+))?$/.exec(word);
    if (pause) {
        const [, wait] = pause;
        if (wait === undefined) return { kind: "pause", name: `pause-${index}` };
        const seconds = milliseconds(wait) / 1000;
        return seconds > 0 ? { kind: "pause", name: `pause-${index}`, seconds } : undefined;
    }
    const percent = Number(word.replace(/ *%$/, ""));
    return Number.isInteger(percent) && percent >= 1 && percent <= 100
        ? { kind: "weight", name: `${percent}`, percent }
        : undefined;
}

/**
 * The step that a service is at: the last one whose share it has, or has passed; -1 before the first. Nothing but what is applied says
 * so: whoever starts the driver anew finds the same.
 */
export function positionOf(steps: readonly ReleaseStep[], to: string, { weights, headerTo }: Whereabouts): number {
    const share = weights[to] ?? 0;
    if (share === 0) return headerTo === to && steps[0]?.kind === "header" ? 0 : -1;
    return steps.findLastIndex((step) => step.kind === "weight" && step.percent <= share);
}

/** How a position is called, in the config and in messages. */
export function nameOf(steps: readonly ReleaseStep[], position: number): string {
    return steps[position]?.name ?? "begin";
}

/** The weights of a step: the new version's share, and all others at stable. */
export function weightsAt(
    to: string,
    percent: number,
    { weights, stable }: Pick<Whereabouts, "weights" | "stable">,
): Weights {
    const versions = [...new Set([...Object.keys(weights), stable, to])];
    const shareOf = (version: string): number => (version === to ? percent : version === stable ? 100 - percent : 0);
    return Object.fromEntries(versions.map((version) => [version, shareOf(version)]));
}

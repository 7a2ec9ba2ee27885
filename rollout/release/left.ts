import type { GateVerdict } from "../gate/gate";
import { secondsOf } from "./durations";
import type { ReleaseSettings } from "./settings";
import { isWait, type ReleaseStep } from "./steps";

/** How long a release still takes, in seconds, as far as anything says so. */
export interface Left {
    /** Until the step may be left, if requests come as they did; undefined where it holds, or waits for somebody's word or a check. */
    readonly step?: number;
    /** Until the release is over, at least: later steps for their time to bake alone. Undefined where it waits for somebody on the way. */
    readonly release?: number;
}

/** One look at a service. */
interface Looked {
    readonly said: Pick<GateVerdict, "verdict"> & {
        /** Seconds until its gate would pass; undefined where nothing says when. */
        readonly left?: number | undefined;
    };
    readonly settings: Pick<ReleaseSettings, "bake" | "enforce">;
}

/**
 * How long a release still takes.
 *
 * @param position of the step that it is at, among `steps`.
 * @param seconds for which that step has been looked at.
 */
export function leftOf(
    steps: readonly ReleaseStep[],
    position: number,
    looks: readonly Looked[],
    seconds: number,
): Left {
    const step = longest(looks.map((look) => ofStep(look, seconds)));
    if (step === undefined) return {};
    const bake = Math.max(...looks.map(({ settings }) => secondsOf(settings.bake)));
    const later = steps.slice(position + 1).map((one) => (isWait(one) ? ofWait(one) : bake));
    const known = later.filter((one) => one !== undefined);
    const isKnown = known.length === later.length;
    return { step, ...(isKnown && { release: known.reduce((sum, one) => sum + one, step) }) };
}

/** The longest of several; undefined where one is not known. */
export function longest(all: readonly (number | undefined)[]): number | undefined {
    const known = all.filter((one) => one !== undefined);
    return known.length === all.length ? Math.max(0, ...known) : undefined;
}

function ofStep({ said, settings }: Looked, seconds: number): number | undefined {
    // What the gate says is only noted then: the time to bake is all.
    if (!settings.enforce) return Math.max(0, secondsOf(settings.bake) - seconds);
    if (said.verdict === "pass") return 0;
    // With nothing left for the gate, it is a check that it waits for.
    return said.verdict === "inconclusive" && said.left !== 0 ? said.left : undefined;
}

function ofWait(step: ReleaseStep): number | undefined {
    return step.kind === "pause" ? step.seconds : undefined;
}

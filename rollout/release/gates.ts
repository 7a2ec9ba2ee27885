import type { VersionCounts } from "../gate/counts";
import { Gate } from "../gate/gate";
import type { GateSettings } from "../gate/settings";
import type { Names } from "../gate/words";
import { secondsOf } from "./durations";
import type { ReleaseSettings } from "./settings";
import { parseSteps } from "./steps";

/** What a gate is made of; a release that was declared without a version, too. */
export type GateConfig = Pick<ReleaseSettings, "gate" | "bake" | "steps">;

/**
 * The gate of a service's users, or of the copies of their requests: of these, how long their answers take is nobody's loss.
 *
 * All gates of a release share the chance of failing a good one: those of its services, and where there are copies two of each.
 *
 * @param before stable's windows from before the first share.
 * @param services how many are released as one.
 * @throws where its settings can't be meant.
 */
export function gateOf(names: Names, settings: GateConfig, before: readonly VersionCounts[], services: number): Gate {
    const own = { ...gateSettingsOf(settings), ...(names.isCopied && { latency: false as const }) };
    const hasCopies = parseSteps(settings.steps, "").steps.some(({ kind }) => kind === "mirror");
    return new Gate({ ...names, before, services: services * (hasCopies ? 2 : 1), settings: own });
}

/** What the config says of a gate. */
export function gateSettingsOf({ gate, bake }: Pick<GateConfig, "gate" | "bake">): Partial<GateSettings> {
    const given = Object.entries({ ...gate, bakeSeconds: secondsOf(bake) }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given);
}

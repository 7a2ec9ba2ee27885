import type { Change } from "../effect/changes";
import { placeId } from "../effect/places";
import { grouped } from "../world/grouped";
import type { StepLimits } from "./limits";
import { isInPlace, type Raise, raisesOf } from "./raises";
import { type Stable, stableOf } from "./stable";
import type { Worlds } from "./step";

/** One service's part of it. */
export interface ServiceStep {
    readonly service: string;
    readonly group: string;
    readonly changes: readonly Change[];
    readonly stable: Stable;
    readonly raises: readonly Raise[];
}

/** A step's changes by service, each against what is stable for it. */
export function serviceSteps(changes: readonly Change[], worlds: Worlds, limits: StepLimits): ServiceStep[] {
    const services = grouped(changes.map((change) => [change.service, change]));
    return [...services].map(([service, own]) => serviceStep(service, own, worlds, limits));
}

function serviceStep(service: string, changes: readonly Change[], worlds: Worlds, limits: StepLimits): ServiceStep {
    const stable = stableOf(changes, worlds, limits.isFixed ? limits.stable?.[service] : undefined);
    const places = grouped(changes.map((change) => [placeId(change.place), change]));
    const raises = [...places.values()].flatMap((own) => {
        // What no mark calls stable is so at each place by itself: the same name may mean something else at another.
        const { outcomes } = stable.isMarked ? stable : stableOf(own, worlds);
        return own.flatMap((change) => raisesOf(change, outcomes, worlds.before));
    });
    const group = changes.map(({ marks }) => marks.before.group).find((name) => name !== undefined) ?? "";
    return { service, group, changes, stable, raises: raises.filter((raise) => !isInPlace(raise)) };
}

import type { Change } from "../effect/changes";
import { placeId } from "../effect/places";
import { grouped } from "../world/grouped";
import type { StepLimits } from "./limits";
import { serviceId } from "../effect/names";
import { type Raise, raisesOf } from "./raises";
import { type Stable, stableAt, stableOf } from "./stable";
import type { Worlds } from "./step";

/** One service's part of it. */
export interface ServiceStep {
    readonly service: string;
    readonly namespace: string;
    readonly group: string;
    readonly changes: readonly Change[];
    readonly stable: Stable;
    readonly raises: readonly Raise[];
}

/** A step's changes by service, each against what is stable for it. */
export function serviceSteps(changes: readonly Change[], worlds: Worlds, limits: StepLimits): ServiceStep[] {
    const services = grouped(changes.map((change) => [serviceId(change), change]));
    return [...services.values()].flatMap(([first, ...rest]) =>
        first ? [serviceStep(first, [first, ...rest], worlds, limits)] : [],
    );
}

function serviceStep(
    { service, namespace }: Change,
    changes: readonly Change[],
    worlds: Worlds,
    limits: StepLimits,
): ServiceStep {
    const given = limits.isFixed ? limits.stable?.[service] : undefined;
    const stable = stableOf(changes, worlds, given);
    const places = grouped(changes.map((change) => [placeId(change.place), change]));
    const raises = [...places.values()].flatMap((own) => {
        const outcomes = stableAt(own, worlds, stable, given);
        return own.flatMap((change) => raisesOf(change, outcomes, worlds));
    });
    const group = changes.map(({ marks }) => marks.before.group).find((name) => name !== undefined) ?? "";
    return { service, namespace, group, changes, stable, raises };
}

import { changesAt } from "../../components/traffic/effect/changes";
import { routesAt } from "../../components/traffic/effect/decide";
import type { Place } from "../../components/traffic/effect/kind";
import { isRemoved } from "../../components/traffic/judge/limits";
import { serviceId, sharedNames, titleOf } from "../../components/traffic/effect/names";
import { reachOf } from "../../components/traffic/effect/reach";
import type { Raise } from "../../components/traffic/judge/raises";
import { serviceSteps } from "../../components/traffic/judge/serviceSteps";
import { describeFindings, round } from "../../components/traffic/judge/words";
import { serviceNamed } from "../../components/traffic/world/hosts";
import { once } from "../../components/traffic/world/once";
import type { World } from "../../components/traffic/world/world";
import { mapAt } from "./object";
import type { Run } from "./run";
import { judgementOf, removedIn, type RunStep } from "./step";

/** A version that gets a larger share of users, and is not the stable one. */
export interface Move {
    readonly service: string;
    readonly version: string;
    readonly from: number;
    readonly to: number;
    /** The annotations of the routes that make it. */
    readonly marked: Readonly<Record<string, string>>;
}

/**
 * The moves away from stable that a step makes, however small and by whatever means; of each version the largest, over all views
 * and kinds of users.
 *
 * @returns what can't be judged in words: whoever asks refuses it.
 */
export function movesIn(run: Run, step: RunStep): { moves: Move[]; unreadable: string[] } {
    const { findings } = judgementOf(run, step, {});
    const removed = removedIn(run);
    const largest = new Map<string, Raise>();
    const reach = reachOf(step.steps);
    for (const { before, after } of step.steps) {
        const changes = changesAt(before, after, reach.has).filter((change) => !isRemoved(change, { removed }));
        for (const step of serviceSteps(changes, { before, after }, {}))
            for (const raise of step.raises) {
                const key = `${serviceId(step)} ${raise.outcome.name}`;
                if (raise.points > (largest.get(key)?.points ?? 0)) largest.set(key, raise);
            }
    }
    const shared = sharedNames(reach.services);
    return {
        moves: [...largest.values()].map(({ change, outcome, from, to }) => ({
            service: titleOf({ ...change, service: change.via ?? change.service }, shared),
            version: outcome.name,
            from: round(from),
            to: round(to),
            marked: step.steps.map(({ after }) => marksOnObjects(after, change.place)).find(Boolean) ?? {},
        })),
        unreadable: findings.filter(({ code }) => code === "unreadable").map((one) => describeFindings([one])),
    };
}

/** The annotations of what decides at a place: its routes, or the Service whose pods share its requests. */
function marksOnObjects(world: World, place: Place): Record<string, string> | undefined {
    const [routes] = routesAt(world, place);
    const service = serviceNamed(place.host);
    const id = routes ? `VirtualService ${routes.id}` : `Service ${service?.namespace}/${service?.name}`;
    const object = marked(world).get(id);
    return object && mapAt(object.body, "metadata", "annotations");
}

/** What may carry marks, by kind and name. */
const marked = once(
    ({ objects }: World) =>
        new Map(
            objects
                .filter(({ kind }) => kind === "VirtualService" || kind === "Service")
                .map((one) => [`${one.kind} ${one.namespace}/${one.name}`, one]),
        ),
);

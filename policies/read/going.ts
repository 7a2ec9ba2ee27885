import { changesBetween } from "../../components/traffic/effect/changes";
import { routesAt, serviceAt } from "../../components/traffic/effect/decide";
import type { Place } from "../../components/traffic/effect/kind";
import { isNamed, removedIn } from "../../components/traffic/judge/limits";
import { serviceId } from "../../components/traffic/effect/names";
import { grouped } from "../../components/traffic/world/grouped";
import { fullHost, hostOfService } from "../../components/traffic/world/hosts";
import { identityOf } from "../../components/traffic/world/objects";
import { type World, workloadsBehind } from "../../components/traffic/world/world";
import { type KubeObject, textAt } from "./object";
import type { Run } from "./run";

/**
 * What goes with a service that the config takes away, while an update knows a part of it alone to be gone: all of it that is not
 * registered by now. Else that part would look like a step that moves those who are left. What is registered all the same is judged then.
 *
 * @param gone the identities of objects that are known to be no more.
 * @param own what the state has, and as a world.
 */
export function goingWith(gone: ReadonlySet<string>, run: Run, own: readonly KubeObject[], state: World): string[] {
    const names = removedIn(run.sources.config("remove"));
    if (names.length === 0 || gone.size === 0) return [];
    const named = changesBetween(state, state).filter((change) => isNamed(change, names));
    const services = grouped(named.map((change) => [serviceId(change), change.place]));
    return [...services.values()].flatMap((places) => {
        const parts = own.filter((object) => places.some((place) => isPartOf(object, place, state)));
        const isGoing =
            parts.some((one) => gone.has(identityOf(one))) && !parts.some(({ urn }) => run.registered.has(urn));
        return isGoing ? parts.map(identityOf) : [];
    });
}

/** Whether an object has a part in who is served at a place. */
function isPartOf({ kind, namespace, name, body }: KubeObject, place: Place, state: World): boolean {
    const host = serviceAt(state, place)?.host ?? place.host;
    const id = `${namespace}/${name}`;
    switch (kind) {
        case "VirtualService":
            return routesAt(state, place).some((routes) => routes.id === id);
        case "DestinationRule":
            return fullHost(textAt(body, "spec", "host") ?? "", namespace) === host;
        case "Service":
            return hostOfService({ name, namespace }) === host;
        default:
            return workloadsBehind(state, host).some((workload) => workload.id === id);
    }
}

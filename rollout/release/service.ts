import { canaryHeaderIn, weightsIn } from "../../components/traffic/split/routes";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { marksOf } from "../../components/traffic/world/marks";
import { defaultMaxRaise } from "../../components/traffic/judge/limits";
import type { Placed } from "../../components/traffic/world/objects";
import { fullHost, serviceNamed, shortName } from "../../components/traffic/world/hosts";
import { applied, type Applied } from "../applied";
import type { Whereabouts } from "./steps";

/** A service that a release moves, as the stack's state has it. */
export interface ReleasedService extends Whereabouts {
    /** As config and messages call it. */
    readonly name: string;
    /** The Kubernetes Service that callers address. */
    readonly host: { readonly name: string; readonly namespace: string };
    /** Points by which one step may raise a version, as they were applied. */
    readonly maxRaise: number;
    /** The VirtualService that decides. */
    readonly routes: Placed;
    readonly access: NonNullable<Applied["access"]>;
}

/**
 * A service of a stack, as it is applied.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when the stack has no routes for it that lead to versions by weight, with the services that it has.
 */
export async function releasedService(stack: string, service: string, folder?: string): Promise<ReleasedService> {
    const { objects, access } = await applied(stack, folder);
    if (!access)
        throw new Error(
            `Stack ${stack} is not applied, so that nobody can be moved.\n  fix: pulumi up --stack ${stack}`,
        );
    const found = servicesIn(objects);
    const routes = found.get(service);
    if (!routes) {
        const known =
            found.size > 0 ? `it has ${[...found.keys()].join(", ")}` : "it splits none by weight in the mesh";
        throw new Error(
            `Stack ${stack} has no service ${service}: ${known}.\n  fix: pulumi stack output --stack ${stack} weights`,
        );
    }
    return { ...whereaboutsOf(service, routes), access };
}

/** The services that VirtualServices of a stack split by subsets, by their names. */
export function servicesIn(objects: readonly Placed[]): Map<string, Placed> {
    return new Map(
        objects.flatMap((one) => {
            const { service } = marksOf(one.body);
            const hasSubsets = Object.keys(weightsIn(specOf(one))).length > 1;
            return one.kind === "VirtualService" && service !== undefined && hasSubsets ? [[service, one]] : [];
        }),
    );
}

/**
 * What a VirtualService says of where a service's users are.
 *
 * @throws when its versions are no subsets of one Service, as where each has a Service of its own: nobody counts those by version.
 */
export function whereaboutsOf(name: string, routes: Placed): Omit<ReleasedService, "access"> {
    const spec = specOf(routes);
    const weights = weightsIn(spec);
    const { stable = Object.keys(weights)[0] ?? "", maxRaise = defaultMaxRaise } = marksOf(routes.body);
    const destinations = (spec.http ?? []).flatMap(({ route }) => route.map(({ destination }) => destination));
    const hosts = [...new Set(destinations.map(({ host }) => fullHost(host, routes.namespace)))];
    const host = serviceNamed(hosts[0] ?? "");
    if (!host || hosts.length > 1 || destinations.some(({ subset }) => subset === undefined))
        throw new Error(
            `${name} leads to ${hosts.map(shortName).join(" and ")}: a release moves users between subsets of one Service.\n  fix: take each step by itself: pulumi config set-all --path weights.${name}.VERSION=PERCENT … && pulumi up`,
        );
    return { name, weights, headerTo: canaryHeaderIn(spec)?.to, stable, host, maxRaise, routes };
}

function specOf({ body, kind }: Placed): VirtualServiceSpec {
    return kind === "VirtualService"
        ? (body.spec as unknown as VirtualServiceSpec)
        : ({ hosts: [] } as VirtualServiceSpec);
}

import type { Problem } from "../../components/traffic/split/problem";
import { fullHost, serviceNamed } from "../../components/traffic/world/hosts";
import { placed, type Placed } from "../../components/traffic/world/objects";
import {
    bodiesAt,
    type Body,
    bodyAt,
    isBody,
    textAt,
    textsAt,
    type Value,
    valueAt,
} from "../../components/traffic/world/values";
import { reading, type ServiceObject, type World } from "../../components/traffic/world/world";
import type { LiveSplit } from "./adoption";

/**
 * Routes between Services, read as routes between subsets of the one Service that callers address: a Service of a version selects its
 * pods by one label more. Whether those are the same pods, the judge says.
 *
 * @returns nothing where the routes lead to one host only: then they are what they are.
 */
export function bySelectors(routes: Placed, world: World): { split?: LiveSplit; problems: Problem[] } {
    const { namespace, name, body } = routes;
    const destinations = bodiesAt(body, "spec", "http").flatMap((rule) =>
        bodiesAt(rule, "route").map((route) => bodyAt(route, "destination")),
    );
    const full = (host: Value): string => fullHost(typeof host === "string" ? host : "", namespace);
    const hosts = [...new Set(destinations.map(({ host }) => full(host)))];
    if (hosts.length < 2 || destinations.some(({ subset }) => subset !== undefined)) return { problems: [] };
    const at = `VirtualService ${name}: spec.http`;
    const { services } = reading(world);
    const addressed = textsAt(body, "spec", "hosts").flatMap((host) => services.get(full(host)) ?? []);
    const [service] = addressed.filter(({ host }) => !hosts.includes(host));
    if (!service) return { problems: [noService(at, routes, hosts)] };
    const backends = hosts.flatMap((host) => services.get(host) ?? []);
    const problems = [
        ...hosts
            .filter((host) => !services.has(host))
            .map((host) => ({
                at,
                message: `leads to ${host}, and there is no such Service`,
                fix: `kubectl -n ${namespace} get services`,
            })),
        ...backends.flatMap((one) => portProblems(service, one)),
        ...policyProblems(hosts, world),
    ];
    if (problems.length > 0) return { problems };
    const label = tellingLabel(backends);
    if (label === undefined)
        problems.push({
            at,
            message: `the Services ${backends.map(describe).join(" and ")} are not told apart by one label`,
            fix: "let the selectors of both differ in one label alone",
        });
    if (label === undefined) return { problems };
    const versions = new Map(backends.map((one) => [one.host, versionName(one.name, service.name)]));
    const spec = {
        host: service.name,
        subsets: backends.map((one) => ({
            name: versions.get(one.host),
            labels: { [label]: one.selector[label] },
        })),
    };
    const rules = bodiesAt(body, "spec", "http").map((rule) =>
        withSubsets(rule, (host) => versions.get(full(host)), service.name),
    );
    return {
        problems: [],
        split: {
            routes: { ...routes, body: { ...body, spec: { ...bodyAt(body, "spec"), http: rules } } },
            subsets: placed("DestinationRule", {
                metadata: { name: `${service.name}-dr`, namespace },
                spec,
            }),
        },
    };
}

function withSubsets(rule: Body, versionOf: (host: Value) => string | undefined, service: string): Body {
    const route = bodiesAt(rule, "route").map((one): Body => {
        const version = versionOf(valueAt(one, "destination", "host"));
        return { ...one, destination: { host: service, ...(version !== undefined && { subset: version }) } };
    });
    const { mirror } = rule;
    const copied = isBody(mirror) ? versionOf(mirror.host) : undefined;
    return {
        ...rule,
        ...(route.length > 0 && { route }),
        ...(copied !== undefined && { mirror: { host: service, subset: copied } }),
    };
}

/** `cart-canary` of `cart` is its version `canary`. */
function versionName(backend: string, service: string): string {
    return backend.startsWith(`${service}-`) ? backend.slice(service.length + 1) : backend;
}

/** The one label in which selectors differ. */
function tellingLabel(backends: readonly ServiceObject[]): string | undefined {
    const labels = [...new Set(backends.flatMap(({ selector }) => Object.keys(selector)))];
    const differing = labels.filter((label) => new Set(backends.map(({ selector }) => selector[label])).size > 1);
    const [label] = differing;
    const values = new Set(backends.map(({ selector }) => selector[label ?? ""]));
    return differing.length === 1 && values.size === backends.length && !values.has(undefined) ? label : undefined;
}

function noService(at: string, { namespace }: Placed, hosts: readonly string[]): Problem {
    const names = hosts.map((host) => serviceNamed(host)?.name ?? host).join(" and ");
    return {
        at,
        message:
            `splits between the Services ${names}, and no Service that callers address selects the pods of all of them. ` +
            "A TrafficSplit tells versions by subsets of one Service; one of several would give each request the header x-release, which its pods do not get today",
        fix: `make one, with a selector that all these pods have, and name it in the VirtualService's hosts: kubectl -n ${namespace} create service clusterip NAME --tcp=80`,
    };
}

/** A subset is asked at the Service's port; a backend may have had another one. */
function portProblems(service: ServiceObject, backend: ServiceObject): Problem[] {
    const targets = ({ body }: ServiceObject) =>
        bodiesAt(body, "spec", "ports").map((port) => (port.targetPort ?? port.port) as string | number | undefined);
    const [own, other] = [targets(service), targets(backend)];
    if (own.length === 1 && other.length === 1 && own[0] === other[0]) return [];
    return [
        {
            at: `Service ${service.namespace}/${backend.name}: spec.ports`,
            message: `leads to port ${other.join(", ")} of its pods, and Service ${service.name} to ${own.join(", ")}: requests would come to another port`,
            fix: `give both Services the same one port`,
        },
    ];
}

/** What a DestinationRule says of a backend would hold for it no more. */
function policyProblems(hosts: readonly string[], world: World): Problem[] {
    return world.objects
        .filter(
            ({ kind, namespace, body }) =>
                kind === "DestinationRule" && hosts.includes(fullHost(textAt(body, "spec", "host") ?? "", namespace)),
        )
        .filter(({ body }) => valueAt(body, "spec", "trafficPolicy") !== undefined)
        .map(({ namespace, name }) => ({
            at: `DestinationRule ${namespace}/${name}: spec.trafficPolicy`,
            message: "holds for a Service that requests would not be led to any more",
            fix: `take it out first: kubectl -n ${namespace} edit destinationrule ${name}`,
        }));
}

function describe({ name, selector }: ServiceObject): string {
    return `${name} (${Object.entries(selector)
        .map(([label, value]) => `${label}=${value}`)
        .join(", ")})`;
}

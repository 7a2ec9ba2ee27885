import { declaresHttp, portNumbered, targetOf } from "../world/ports";
import { bodiesAt, numberAt } from "../world/values";
import { reading, type ServiceObject, type World, workloadsBehind } from "../world/world";
import { portOfPods, type Workload } from "../world/workloads";
import { serviceAt } from "./decide";
import type { Arrivals, Place } from "./kinds";
import type { Kind, Reached } from "./matching";

/** The port of a Service that requests call, where it is known, and what takes them there before a step that changes it. */
export type Called = Pick<Kind, "port" | "reached">;

/** Whether a host's Service is known to have no port of a number: of one without any nobody knows, and of one that is but a name. */
export function lacksPort(world: World, host: string, port: number): boolean {
    const service = reading(world).services.get(host);
    return service !== undefined && service.alias === undefined && portsOf(service).length > 0
        ? portNumbered(service, port) === undefined
        : false;
}

/** Where requests arrive at a destination: at the port that the rule names, at its only one, else at the one that they called. */
export function arrivingAt(world: World, host: string, named: number | undefined, called: Called): Called {
    const service = reading(world).services.get(host);
    const [only, ...others] = service ? portsOf(service) : [];
    const own = called.port === undefined || others.length > 0 ? called.port : (only ?? called.port);
    const port = named ?? own;
    return { ...called, ...(port !== undefined && { port }) };
}

/**
 * Another port of a workload's pods than before the step that takes what comes to a Service's port, in words; empty where it is none,
 * or not told. Undefined where they have no port of that name: then they get nothing that comes there.
 */
export function otherPort(
    world: World,
    host: string,
    { port, reached }: Called,
    workload?: Workload,
): string | undefined {
    const service = reading(world).services.get(host);
    const found = service && port !== undefined && reached ? portNumbered(service, port) : undefined;
    const target = found && targetOf(found);
    if (target === undefined) return "";
    const now = workload ? portOfPods(workload, target) : target;
    if (now === undefined) return undefined;
    const before = reached?.[workload?.id ?? ""];
    return before === undefined || before === now ? "" : `port ${now} `;
}

/** How requests come to a place, of which a Service of the mesh tells more. */
export function arrivalsAt(before: World, after: World, place: Place): Arrivals {
    const services = [before, after].flatMap((world) => serviceAt(world, place) ?? []);
    return {
        ports: [...new Set(services.flatMap(portsOf))],
        changed: changedPorts(before, after, place),
        isForAnyHost: services.some((service) => !declaresHttp(service)),
    };
}

/** Whether anybody can call the port of a kind: one that is not there yet has no users. */
export function isCalled(world: World, place: Place, { port }: Kind): boolean {
    const service = serviceAt(world, place);
    return port === undefined || !service || !lacksPort(world, service.host, port);
}

/** The ports of a place's Service of which something else is behind after a step, or nothing: each with what is behind it before. */
function changedPorts(before: World, after: World, place: Place): Map<number, Reached> {
    const [was, is] = [serviceAt(before, place), serviceAt(after, place)];
    if (!was || !is || is.alias !== undefined) return new Map();
    const changed = portsOf(was).flatMap((port): [number, Reached][] => {
        const [from, to] = [reachedAt(before, was, port), reachedAt(after, is, port)];
        if (to === undefined) return portsOf(is).length > 0 ? [[port, {}]] : [];
        const isSame = Object.entries(from ?? {}).every(([id, own]) => !(id in to) || to[id] === own);
        return isSame ? [] : [[port, from ?? {}]];
    });
    return new Map(changed);
}

/** At which of their ports the workloads behind a Service take what comes to one of its own; undefined where it has no such port. */
function reachedAt(world: World, service: ServiceObject, port: number): Reached | undefined {
    const found = portNumbered(service, port);
    const target = found && targetOf(found);
    if (target === undefined) return undefined;
    const workloads = workloadsBehind(world, service.host);
    if (workloads.length === 0) return { "": target };
    return Object.fromEntries(workloads.map((workload) => [workload.id, portOfPods(workload, target)]));
}

function portsOf({ body }: Parameters<typeof portNumbered>[0]): number[] {
    return bodiesAt(body, "spec", "ports").flatMap((port) => numberAt(port, "port") ?? []);
}

import { once } from "../world/once";
import { declaresHttp, targetOf } from "../world/ports";
import { bodiesAt, numberAt } from "../world/values";
import { reading, type ServiceObject, type World, workloadsBehind } from "../world/world";
import { portOfPods, type Workload } from "../world/workloads";
import { serviceAt } from "./decide";
import type { Kind, Place, Reached, ReachedPort } from "./kind";
import type { Arrivals } from "./kinds";
import type { Lack } from "./share";

/** The port of a Service that requests call, where it is known, and what takes them there before a step that changes it. */
export type Called = Pick<Kind, "port" | "reached">;

/** What keeps pods from answering. */
export type Missing = Pick<Lack, "what" | "way">;

/** Whether a host's Service is known to have no port of a number: of one without any nobody knows, and of one that is but a name. */
export function lacksPort(world: World, host: string, port: number): boolean {
    const service = reading(world).services.get(host);
    const isKnown = service !== undefined && service.alias === undefined && portsOf(service).length > 0;
    return isKnown && targetAt(service, port) === undefined;
}

/** Where requests arrive at a destination: at the port that the rule names, at its only one, else at the one that they called. */
export function arrivingAt(world: World, host: string, named: number | undefined, called: Called): Called {
    const service = reading(world).services.get(host);
    const [only, ...others] = service ? portsOf(service) : [];
    const own = called.port === undefined || others.length > 0 ? called.port : (only?.number ?? called.port);
    const port = named ?? own;
    return { ...called, ...(port !== undefined && { port }) };
}

/**
 * Another port of a workload's pods than before the step that takes what comes to a Service's port, in words; empty where it is none,
 * or not told. A lack where they get nothing that comes there.
 */
export function otherPort(
    world: World,
    host: string,
    { port, reached }: Called,
    workload?: Workload,
): string | Missing {
    const service = reading(world).services.get(host);
    const target = service && port !== undefined && reached ? targetAt(service, port) : undefined;
    if (target === undefined || (workload && !workload.ports && typeof target === "string")) return "";
    const now = workload ? portOfPods(workload, target) : target;
    if (now === undefined) return { what: `no port ${target} of its pods` };
    const before = reached?.[workload?.id ?? ""];
    if (workload && before && isYetToCome(target, before, workload))
        return { what: `no port ${target} of its pods yet`, way: wayTo(target) };
    return before?.at === undefined || before.at === now ? "" : `port ${now} `;
}

/** How pods get another port, or another name for it, with nobody cut off meanwhile. */
function wayTo(target: number | string): string {
    return typeof target === "number"
        ? "have its pods listen on both ports in a step before"
        : "keep the name of the port, or lead the Service to its number in a step before";
}

/**
 * Whether pods get a port only when a step replaces them. Its Service leads there at once, and nobody of those who are reached would be
 * until then. A number may be listened on though nobody declares it: unless the pods declare those that they are reached at, before and
 * after.
 */
function isYetToCome(target: number | string, before: ReachedPort, after: Pick<Workload, "ports">): boolean {
    if (before.at === undefined || !before.ports || !after.ports || String(target) in before.ports) return false;
    return typeof target === "string" || (String(before.at) in before.ports && String(target) in after.ports);
}

/** How requests come to a place, of which a Service of the mesh tells more. */
export function arrivalsAt(before: World, after: World, place: Place): Arrivals {
    const services = [before, after].flatMap((world) => serviceAt(world, place) ?? []);
    return {
        ports: [...new Set(services.flatMap(portsOf).map(({ number }) => number))],
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
    const changed = portsOf(was).flatMap(({ number, target: earlier }): [number, Reached][] => {
        const target = targetAt(is, number);
        if (target === undefined) return portsOf(is).length > 0 ? [[number, {}]] : [];
        const [from, to] = [reachedAt(before, was, earlier), reachedAt(after, is, target)];
        const isSame = Object.entries(from).every(
            ([id, own]) => !to[id] || (to[id].at === own.at && !isYetToCome(target, own, to[id])),
        );
        return isSame ? [] : [[number, from]];
    });
    return new Map(changed);
}

/** At which of their ports the workloads behind a Service take what it leads to a port that is named or numbered, as far as that is known. */
function reachedAt(world: World, service: ServiceObject, target: number | string): Reached {
    const workloads = workloadsBehind(world, service.host);
    if (workloads.length === 0) return { "": { at: target } };
    const known = workloads.filter(({ ports }) => ports !== undefined || typeof target === "number");
    return Object.fromEntries(known.map(({ id, ports }) => [id, { at: portOfPods({ ports }, target), ports }]));
}

/** Where a Service leads what comes to one of its ports; of two of one number the first counts. */
function targetAt(service: ServiceObject, number: number): number | string | undefined {
    return portsOf(service).find((port) => port.number === number)?.target;
}

/** The ports of a Service, each with where it leads. */
const portsOf = once(({ body }: ServiceObject) =>
    bodiesAt(body, "spec", "ports").flatMap((port) => {
        const number = numberAt(port, "port");
        return number === undefined ? [] : [{ number, target: targetOf(port) ?? number }];
    }),
);

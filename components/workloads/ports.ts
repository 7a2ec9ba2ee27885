import type { Problem } from "../traffic/split/problem";
import { protocolOf, saidProtocol } from "../traffic/world/ports";

/** A port on which the pods listen. */
export interface PortArgs {
    /** Up to 15 small letters, digits and dashes. Istio reads the protocol from it up to the first dash: `http`, `grpc-admin`. */
    name: string;
    /** The number on which the container listens. */
    number: number;
    /** The number on which the Service listens. Default: 80 for the first port, `number` for the others. */
    servicePort?: number;
    /** The protocol as the mesh is to take it: `http`, `http2`, `grpc`. Default: what the name says, else `http`. */
    appProtocol?: string;
    /** Whether it carries connections that are no HTTP, on purpose: a TrafficSplit splits them with `routing.tcp`. Default false. */
    tcp?: boolean;
    /** Whether callers reach it by the Service. Default true; false for one that only probes ask. */
    inService?: boolean;
}

/** The ports of a service that names none. */
export const usualPorts: readonly PortArgs[] = [{ name: "http", number: 8080 }];

/** A Service's port, as Kubernetes has it. */
export interface ServicePort {
    name: string;
    port: number;
    targetPort: string;
    appProtocol: string;
}

/** The ports by which callers reach the pods. */
export function servicePorts(ports: readonly PortArgs[]): ServicePort[] {
    return ports
        .filter(({ inService = true }) => inService)
        .map((port, index) => ({
            name: port.name,
            port: port.servicePort ?? (index === 0 ? 80 : port.number),
            targetPort: port.name,
            appProtocol: appProtocolOf(port),
        }));
}

/** The protocol of a port in one word, said so that nobody has to guess it. */
export function appProtocolOf({ name, appProtocol, tcp }: PortArgs): string {
    return appProtocol ?? saidProtocol({ name }) ?? (tcp ? "tcp" : "http");
}

/** @returns every problem of ports that stand at `at`; empty when the mesh can route what comes to them. */
export function portProblems(at: string, ports: readonly PortArgs[]): Problem[] {
    const reached = servicePorts(ports);
    const none = {
        at,
        message: "no port of it is in the Service, so that nobody can call it",
        fix: "leave out inService",
    };
    return [
        ...(reached.length === 0 ? [none] : []),
        ...ports.flatMap((port) => [...unfitNames(at, port), ...unfitNumbers(at, port), ...unroutable(at, port)]),
        ...twice(
            at,
            "name",
            ports.map(({ name }) => name),
        ),
        ...twice(
            at,
            "number",
            ports.map(({ number }) => number),
        ),
        ...twice(
            at,
            "servicePort",
            reached.map(({ port }) => port),
        ),
    ];
}

function unfitNames(at: string, { name }: PortArgs): Problem[] {
    if (/^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 15) return [];
    const message = `${JSON.stringify(name)} is no port's name: up to 15 small letters, digits and single dashes`;
    return [{ at: `${at}.${name}`, message, fix: 'name it for what it carries, such as "http" or "grpc"' }];
}

function unfitNumbers(at: string, { name, number, servicePort }: PortArgs): Problem[] {
    return [number, servicePort ?? 1]
        .filter((one) => !Number.isInteger(one) || one < 1 || one > 65535)
        .map((one) => ({ at: `${at}.${name}`, message: `${one} is no port: a whole number from 1 to 65535` }));
}

/** Istio tells requests apart where it takes a port for HTTP, and nowhere else: weights of others would split nothing. */
function unroutable(at: string, port: PortArgs): Problem[] {
    const { name, tcp = false, inService = true } = port;
    const protocol = appProtocolOf(port);
    const isHttp = protocolOf({ name, appProtocol: protocol }) === "http";
    if (!inService || isHttp === !tcp) return [];
    if (tcp)
        return [
            {
                at: `${at}.${name}`,
                message: `is said to carry plain connections, and Istio takes it for ${protocol}`,
                fix: 'give it appProtocol: "tcp", or leave out tcp',
            },
        ];
    const said = port.appProtocol === undefined ? "its name" : "its appProtocol";
    return [
        {
            at: `${at}.${name}`,
            message: `Istio takes it for ${protocol}, by ${said}, and would route no request that comes to it`,
            fix:
                port.appProtocol === undefined
                    ? `give it appProtocol: "http", or a name that begins so, such as http-${name}; tcp: true if plain connections are meant`
                    : 'give it appProtocol: "http", "http2" or "grpc"; tcp: true if plain connections are meant',
        },
    ];
}

function twice(at: string, field: string, values: readonly (string | number)[]): Problem[] {
    return values
        .filter((value, index) => values.indexOf(value) !== index)
        .map((value) => ({
            at,
            message: `two ports have the ${field} ${value}`,
            fix: `give each a ${field} of its own`,
        }));
}

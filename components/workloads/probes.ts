import type * as k8s from "@pulumi/kubernetes";
import type { Problem } from "../traffic/split/problem";
import { appProtocolOf, type PortArgs } from "./ports";

/** How a container is asked whether it is well. */
export interface ProbeArgs {
    /** `http`, `https`, `grpc` (gRPC's own health service) or `tcp` (a connection is enough). Default: what the port carries. */
    kind?: string;
    /** The path that is asked for by HTTP. Default `/`. */
    path?: string;
    /** The name of the port that is asked. Default: the first. */
    port?: string;
    /** A command in the container, in place of all that: well is exit code 0. */
    command?: string[];
    /** Seconds between two questions. */
    periodSeconds?: number;
    /** Seconds after which no answer is a bad one. Default 1. */
    timeoutSeconds?: number;
    /** Bad answers in a row until something is done about it. */
    failureThreshold?: number;
}

/** What is asked when. */
export interface ProbesArgs {
    /** Whether a pod may get requests. Default: its first port is asked, every 2 s, and 2 bad answers take it out. */
    readiness?: ProbeArgs;
    /** Whether a container must be started anew. Default: as readiness, every 10 s, after 6 bad answers. */
    liveness?: ProbeArgs;
    /** Whether a container has begun. Default: as readiness, every second for a minute. */
    startup?: ProbeArgs;
}

type Probe = k8s.types.input.core.v1.Probe;

const kinds = ["http", "https", "grpc", "tcp"];

/** The probes of a container: where nothing is given they ask as readiness does, each at its own pace. */
export function probesOf(
    { readiness = {}, liveness, startup }: ProbesArgs,
    ports: readonly PortArgs[],
): { readinessProbe: Probe; livenessProbe: Probe; startupProbe: Probe } {
    const asked = (given: ProbeArgs | undefined, periodSeconds: number, failureThreshold: number): Probe => ({
        ...howToAsk(given ?? readiness, ports),
        periodSeconds: given?.periodSeconds ?? periodSeconds,
        timeoutSeconds: (given ?? readiness).timeoutSeconds,
        failureThreshold: given?.failureThreshold ?? failureThreshold,
    });
    return {
        readinessProbe: asked(readiness, 2, 2),
        livenessProbe: asked(liveness, 10, 6),
        startupProbe: asked(startup, 1, 60),
    };
}

/** @returns every problem of probes that stand at `at`. */
export function probeProblems(at: string, probes: ProbesArgs, ports: readonly PortArgs[]): Problem[] {
    return Object.entries(probes as Record<string, ProbeArgs | undefined>).flatMap(([name, probe = {}]) => {
        const problems: Problem[] = [];
        if (probe.kind !== undefined && !kinds.includes(probe.kind))
            problems.push({
                at: `${at}.${name}.kind`,
                message: `there is no probe ${JSON.stringify(probe.kind)}`,
                fix: `take one of ${kinds.join(", ")}`,
            });
        if (probe.port !== undefined && !ports.some((port) => port.name === probe.port))
            problems.push({
                at: `${at}.${name}.port`,
                message: `there is no port ${JSON.stringify(probe.port)}`,
                fix: `take one of ${ports.map((port) => port.name).join(", ")}, or add { name: ${JSON.stringify(probe.port)}, number: …, inService: false } to ports`,
            });
        return problems;
    });
}

function howToAsk(probe: ProbeArgs, ports: readonly PortArgs[]): Probe {
    if (probe.command) return { exec: { command: probe.command } };
    const port = ports.find(({ name }) => name === (probe.port ?? ports[0]?.name)) ?? { name: "http", number: 8080 };
    switch (probe.kind ?? kindOf(port)) {
        case "tcp":
            return { tcpSocket: { port: port.name } };
        case "grpc":
            // Kubernetes takes no name here.
            return { grpc: { port: port.number } };
        case "https":
            return { httpGet: { path: probe.path ?? "/", port: port.name, scheme: "HTTPS" } };
        default:
            return { httpGet: { path: probe.path ?? "/", port: port.name } };
    }
}

function kindOf(port: PortArgs): string {
    const protocol = appProtocolOf(port);
    if (port.tcp) return "tcp";
    return protocol.startsWith("grpc") && protocol !== "grpc-web" ? "grpc" : "http";
}

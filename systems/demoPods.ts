import type { PodArgs } from "../components/workloads/podArgs";
import type { VersionArgs } from "../components/workloads/VersionedService";

/** Seconds for which a pod of a demo system goes on serving while its callers forget it. */
const drainSeconds = 5;

/** As whom all of them run, and what is enough for them. */
const small: PodArgs = {
    resources: { requests: { cpu: "10m", memory: "24Mi" }, limits: { memory: "128Mi" } },
    security: { runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 },
    drainSeconds,
};

/** What our own image needs: its service on 8080, and its checks on a port that its callers don't see. */
export function demoPods(env: PodArgs["env"] = {}): PodArgs {
    return {
        ...small,
        ports: [
            { name: "http", number: 8080 },
            { name: "health", number: 4004, inService: false },
        ],
        probes: {
            readiness: { port: "health", path: "/actuator/health/readiness" },
            liveness: { port: "health", path: "/actuator/health/liveness" },
        },
        env: { DRAIN: `${drainSeconds}s`, ...env },
    };
}

/** What a VersionedService of our own image is given: one pod a version, where nothing is said, and the proxy as the demos' mesh has it. */
export function demoService(
    versions: readonly VersionArgs[],
    env?: PodArgs["env"],
): PodArgs & { versions: VersionArgs[]; nativeSidecar: boolean } {
    const counted = versions.map((version) => ({ ...version, replicas: version.replicas ?? 1 }));
    return { ...demoPods(env), versions: counted, nativeSidecar: false };
}

/** What an image that is not ours gets: it is well when it answers `/` on its port. */
export function foreignPods(port: number): PodArgs {
    return { ...small, ports: [{ name: "http", number: port }], env: { DRAIN: `${drainSeconds}s` } };
}

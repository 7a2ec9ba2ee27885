import { hostsOf, shortHost } from "./hosts";
import type { KubeObject } from "./object";
import { replicasOf, workloadsBehind } from "../../components/traffic/world/pods";
import { hostOfService, unroutedServices } from "./podsStep";
import { type Destination, rulesOf } from "../../components/traffic/world/rules";

/** That a workload answers for a destination which gets requests. */
export interface Serving {
    readonly workload: KubeObject;
    readonly destination: Pick<Destination, "host" | "subset">;
    /** The full host name that callers address. */
    readonly host: string;
    /** How messages call it: `review: v2`. */
    readonly title: string;
    /** What it gets, in words: `serves 20 %`. */
    readonly serves: string;
    /** Whether routes lead to it; else it serves as one of all pods behind a Service. */
    readonly isRouted: boolean;
}

/** Who serves what in these objects: versions with a weight, those that a header leads to, and pods behind Services without routes. */
export function servingIn(objects: readonly KubeObject[]): Serving[] {
    const routes = objects.filter(({ kind }) => kind === "VirtualService");
    const routed = routes.flatMap((one) => routedServing(one, objects));
    const reached = new Set(routed.map(({ destination }) => destination.host));
    const services = unroutedServices(objects).filter((service) => !reached.has(hostOfService(service)));
    return [...routed, ...services.flatMap((service) => podsServing(service, objects))];
}

function routedServing(routes: KubeObject, objects: readonly KubeObject[]): Serving[] {
    const [host = ""] = hostsOf(routes);
    const destinations = new Map<string, { destination: Destination; serves: string }>();
    for (const rule of rulesOf(routes))
        for (const destination of rule.destinations.filter(({ share }) => share > 0)) {
            const serves = rule.serves === "testers" ? "serves testers" : `serves ${Math.round(destination.share)} %`;
            const key = `${destination.host} ${destination.subset}`;
            // Where a version has both, its share says more.
            if (!destinations.has(key) || rule.serves !== "testers") destinations.set(key, { destination, serves });
        }
    return [...destinations.values()].flatMap(({ destination, serves }) =>
        workloadsBehind(objects, destination).map((workload) => ({
            workload,
            destination,
            host,
            title: `${shortHost(host)}: ${destination.version}`,
            serves,
            isRouted: true,
        })),
    );
}

function podsServing(service: KubeObject, objects: readonly KubeObject[]): Serving[] {
    const host = hostOfService(service);
    return workloadsBehind(objects, { host })
        .filter((workload) => replicasOf(workload) > 0)
        .map((workload) => ({
            workload,
            destination: { host },
            host,
            title: `${shortHost(host)}: ${workload.name}`,
            serves: `serves with ${replicasOf(workload)} pods`,
            isRouted: false,
        }));
}

import * as path from "node:path";
import type { ChartSource } from "../components/mesh/Istio";
import { nodePorts } from "./embedded/layout";
import { istioVersion } from "./tools/manifest";

/** Istio's own Helm repository. */
export const istioRepository = "https://istio-release.storage.googleapis.com/charts";

/** Where Istio's charts come from outside of the embedded cluster. */
export interface ChartOptions {
    /** A Helm repository, or a folder that holds the charts `base`, `istiod` and `gateway`. Default Istio's own. */
    readonly repository?: string | undefined;
    /** Default the release that the embedded cluster has too. */
    readonly version?: string | undefined;
}

/** The three charts. */
export type Charts = Readonly<Record<"base" | "istiod" | "gateway", ChartSource>>;

/** Istio's charts, at a pinned release. */
export function istioCharts({ repository = istioRepository, version = istioVersion }: ChartOptions = {}): Charts {
    const source = (chart: string): ChartSource => {
        if (/^https?:/.test(repository)) return { chart, repository, version };
        if (repository.startsWith("oci:")) return { chart: `${repository.replace(/\/$/, "")}/${chart}`, version };
        return { chart: path.resolve(repository, chart) };
    };
    return { base: source("base"), istiod: source("istiod"), gateway: source("gateway") };
}

/** The values of a gateway with a Service of a type: a NodePort has the same ports on every cluster, so that what leads to them can be made beforehand. */
export function gatewayValues(type: "LoadBalancer" | "NodePort"): Record<string, unknown> {
    const service = type === "NodePort" ? { type, ports: gatewayPorts } : { type };
    // The chart's image is called auto until injection names it, and Kubernetes would pull such a one each time.
    return { service, imagePullPolicy: "IfNotPresent" };
}

const gatewayPorts = [
    { name: "status-port", port: 15021, protocol: "TCP", targetPort: 15021 },
    { name: "http2", port: 80, protocol: "TCP", targetPort: 80, nodePort: nodePorts.http },
    { name: "https", port: 443, protocol: "TCP", targetPort: 443, nodePort: nodePorts.https },
];

/** For the plan on the screen. */
export const istioInstalls: readonly string[] = [
    `Istio ${istioVersion} from its own Helm repository, into istio-system and istio-ingress`,
    "the demo system, into a namespace of its own",
];

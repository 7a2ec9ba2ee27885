import * as os from "node:os";
import * as path from "node:path";
import { ProxyMetrics } from "../components/mesh/addons/queries";
import type { ChartSource } from "../components/mesh/Istio";
import type { Settings } from "../config/read";
import { embeddedPlace } from "./embedded/place";
import type { Place } from "./place";

/** Istio's release outside of the embedded cluster, which has its own. */
const istioRelease = "1.31.1";
const istioRepository = "https://istio-release.storage.googleapis.com/charts";

/** The addons as Istio's own samples of that release have them. */
const officialAddons = {
    prometheus: "docker.io/prom/prometheus:v3.10.0",
    grafana: "docker.io/grafana/grafana:12.0.1",
    kiali: "quay.io/kiali/kiali:v2.27",
    jaeger: "docker.io/jaegertracing/jaeger:2.17.0",
};

/**
 * Where a stack runs.
 *
 * @throws when the embedded cluster is not there; the message names the command that brings it up.
 */
export function placeOf(settings: Settings): Place {
    if (settings.target === "embedded") return embeddedPlace(settings.cluster);
    const contexts = { k3d: `k3d-${settings.cluster}`, minikube: "minikube", context: settings.context ?? "" };
    return {
        kubeconfig: process.env.KUBECONFIG || path.join(os.homedir(), ".kube", "config"),
        context: contexts[settings.target],
        charts: { base: fromRepository("base"), istiod: fromRepository("istiod"), gateway: fromRepository("gateway") },
        istiodValues: settings.target === "context" ? {} : { global: { platform: settings.target } },
        gatewayValues: settings.target === "minikube" ? { service: { type: "NodePort" } } : {},
        gatewayAddress: settings.target === "k3d" ? "127.0.0.1:9443" : undefined,
        addons: { images: officialAddons, metrics: ProxyMetrics.Istio },
        httpAddress: settings.target === "k3d" ? "127.0.0.1:8080" : undefined,
    };
}

function fromRepository(chart: string): ChartSource {
    return { chart, repository: istioRepository, version: istioRelease };
}

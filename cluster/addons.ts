import { ProxyMetrics } from "../components/mesh/addons/queries";
import type { AddonsPlace } from "./place";

/** The addons where their images can be pulled: as Istio's own samples of its release have them. */
export const officialAddons: AddonsPlace = {
    images: {
        prometheus: "docker.io/prom/prometheus:v3.10.0",
        grafana: "docker.io/grafana/grafana:12.0.1",
        kiali: "quay.io/kiali/kiali:v2.27",
        jaeger: "docker.io/jaegertracing/jaeger:2.17.0",
    },
    metrics: ProxyMetrics.Istio,
};

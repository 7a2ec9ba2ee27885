import { gatewayValues } from "../charts";
import { ProxyMetrics } from "../../components/mesh/addons/queries";
import { hub, istioTag } from "../images/tag";
import type { Place } from "../place";
import { istioAssets } from "../setup/istio";
import { databaseOf } from "./database/order";
import { clusterDir, contextOf, command } from "./layout";
import { readState } from "./state";
import { UserError } from "../../components/userError";

/**
 * The embedded cluster as a program sees it: charts from the pinned module, images that were built here.
 *
 * @throws when the cluster was never brought up.
 */
export function embeddedPlace(cluster: string): Place {
    const state = readState(cluster);
    if (!state)
        throw new UserError({ what: `The embedded cluster ${cluster} is not there.`, fix: command(cluster, "up") });
    const { charts } = istioAssets();
    return {
        kubeconfig: clusterDir(cluster, "kubeconfig"),
        context: contextOf(cluster),
        adopted: false,
        charts: { base: { chart: charts.base }, istiod: { chart: charts.istiod }, gateway: { chart: charts.gateway } },
        istiodValues,
        gatewayValues: {
            ...gatewayValues("NodePort"),
            autoscaling: { enabled: false },
            imagePullPolicy: "Never",
            resources: small(20, 64),
        },
        gatewayAddress: `127.0.0.1:${state.ports.https}`,
        addons: {
            images: { prometheus: `${hub}/prometheus:debian`, observe: `${hub}/demo:v1` },
            metrics: ProxyMetrics.Envoy,
        },
        httpAddress: `127.0.0.1:${state.ports.http}`,
        database: databaseOf(cluster),
        databaseCommand: `${command(cluster, "up")} --database`,
    };
}

const small = (cpu: number, memory: number) => ({
    requests: { cpu: `${cpu}m`, memory: `${memory}Mi` },
    limits: { memory: `${memory * 8}Mi` },
});

const istiodValues = {
    global: {
        hub,
        tag: istioTag(),
        imagePullPolicy: "Never",
        proxy: { resources: small(10, 40) },
        proxy_init: { resources: small(10, 16) },
    },
    resources: { requests: { cpu: "50m", memory: "128Mi" } },
    autoscaleEnabled: false,
    // The embedded Envoy is the upstream one: it has no filters of Istio's own, and refuses a configuration that names them.
    telemetry: { enabled: false },
    env: { PILOT_ENABLE_ALPN_FILTER: "false", PILOT_ENABLE_METADATA_EXCHANGE: "false" },
};

import {
    ObjectAppsV1Api as AppsV1Api,
    ObjectCustomObjectsApi as CustomObjectsApi,
} from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import type { V1Deployment } from "@kubernetes/client-node/dist/gen/models/V1Deployment.js";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { type ClusterAccess, kubeConfigOf } from "../../components/mesh/client";
import { type LiveFrontend, type LiveStages, Stage } from "../../components/traffic/split/pairs";

/**
 * What runs now, which neither config nor state know for sure. It decides the order of a step, never what is applied.
 *
 * @param routes the name of the entry's VirtualService.
 * @throws when the cluster can't be read: without it no order is known to be safe.
 */
export async function liveStages(access: ClusterAccess, namespace: string, routes: string): Promise<LiveStages> {
    const config = kubeConfigOf(access);
    const apps = config.makeApiClient(AppsV1Api);
    const { items } = await apps.listNamespacedDeployment({ namespace, labelSelector: "app=frontend,deploy-stage" });
    const custom = config.makeApiClient(CustomObjectsApi);
    const kind = { group: "networking.istio.io", version: "v1", plural: "virtualservices" };
    const spec = await custom.getNamespacedCustomObject({ ...kind, namespace, name: routes }).then(
        (found) => (found as { spec: VirtualServiceSpec }).spec,
        (error: { code?: number }) => {
            if (error.code === 404) return undefined;
            throw error;
        },
    );
    return {
        active: frontendOf(items, Stage.Active),
        smoke: frontendOf(items, Stage.Smoke),
        smokeShare: spec ? shareOf(spec, `frontend-${Stage.Smoke}`) : 0,
    };
}

function frontendOf(deployments: readonly V1Deployment[], stage: Stage): LiveFrontend | undefined {
    const found = deployments.find(({ metadata }) => metadata?.labels?.["deploy-stage"] === stage);
    const { version, pair } = found?.spec?.template.metadata?.labels ?? {};
    return version && pair ? { version, pair } : undefined;
}

/** Percent of the requests without a header that a Service gets. */
function shareOf(spec: VirtualServiceSpec, service: string): number {
    const routes = spec.http?.find((rule) => !rule.match)?.route ?? [];
    return routes
        .filter(({ destination }) => destination.host.split(".")[0] === service)
        .reduce((sum, { weight }) => sum + (weight ?? (routes.length === 1 ? 100 : 0)), 0);
}

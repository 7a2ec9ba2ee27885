import type { V1Deployment } from "@kubernetes/client-node/dist/gen/models/V1Deployment.js";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { pathTo } from "../../components/mesh/api";
import { apiOf, type ClusterAccess } from "../../components/mesh/client";
import { liveRoutes } from "../../components/mesh/live";
import { type LiveFrontend, type LiveStages, Stage } from "../../components/traffic/split/pairs";

/**
 * What runs now, which neither config nor state know for sure. It decides the order of a step, never what is applied.
 *
 * @param routes the name of the entry's VirtualService.
 * @throws when the cluster can't be read: without it no order is known to be safe.
 */
export async function liveStages(access: ClusterAccess, namespace: string, routes: string): Promise<LiveStages> {
    const frontends = `${pathTo("apps", "v1", "deployments", namespace)}?labelSelector=app%3Dfrontend%2Cdeploy-stage`;
    const [{ items }, live] = await Promise.all([
        apiOf(access).get<{ items: V1Deployment[] }>(frontends),
        liveRoutes(access, namespace, routes),
    ]);
    const spec = live?.body.spec as unknown as VirtualServiceSpec | undefined;
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

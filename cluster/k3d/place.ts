import { officialAddons } from "../addons";
import { gatewayValues, istioCharts, type ChartOptions } from "../charts";
import type { Place } from "../place";
import { kubeconfigOf, readRecord } from "../record";
import { UserError } from "../../components/userError";

/**
 * A k3d cluster as a program sees it: k3s gives the gateway's LoadBalancer an address of its own, to which the ports of
 * this machine lead.
 *
 * @throws when this checkout has not brought it up
 */
export function k3dPlace(cluster: string, istio: ChartOptions): Place {
    const record = readRecord("k3d", cluster);
    if (!record) {
        throw new UserError({
            what: `The k3d cluster ${cluster} is not there.`,
            fix: `npx upshift cluster up --target k3d --name ${cluster}`,
        });
    }
    return {
        kubeconfig: kubeconfigOf("k3d", cluster),
        context: `k3d-${cluster}`,
        adopted: false,
        charts: istioCharts(istio),
        istiodValues: { global: { platform: "k3d" } },
        addons: officialAddons,
        gatewayValues: gatewayValues("LoadBalancer"),
        gatewayAddress: record.gatewayAddress,
        httpAddress: record.httpAddress,
    };
}

import { officialAddons } from "../addons";
import { gatewayValues, istioCharts, type ChartOptions } from "../charts";
import type { Place } from "../place";
import { kubeconfigOf, readRecord } from "../record";
import { UserError } from "../../components/userError";

/**
 * A minikube cluster as a program sees it: the gateway is a NodePort, because a LoadBalancer gets no address there until
 * `minikube tunnel` runs as root.
 *
 * @throws when this checkout has not brought it up
 */
export function minikubePlace(cluster: string, istio: ChartOptions): Place {
    const record = readRecord("minikube", cluster);
    if (!record) {
        throw new UserError({
            what: `The minikube cluster ${cluster} is not there.`,
            fix: `npx upshift cluster up --target minikube --name ${cluster}`,
        });
    }
    return {
        kubeconfig: kubeconfigOf("minikube", cluster),
        context: cluster,
        adopted: false,
        charts: istioCharts(istio),
        istiodValues: { global: { platform: "minikube" } },
        addons: officialAddons,
        gatewayValues: gatewayValues("NodePort"),
        gatewayAddress: record.gatewayAddress,
        httpAddress: record.httpAddress,
    };
}

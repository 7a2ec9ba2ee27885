import { CoreV1Api, type V1Service } from "@kubernetes/client-node";
import { connect } from "../../cluster/context/connect";

/**
 * Where a cluster's gateway answers, by its Service: the address of its load balancer, or a node's with its node port.
 *
 * @returns `host:port` with TLS and without; nothing when it has no address (yet), or the cluster does not answer
 */
export async function gatewayOf(kubeconfig: string, context: string): Promise<Addresses> {
    try {
        const api = (await connect(kubeconfig, context)).config.makeApiClient(CoreV1Api);
        const service = await api.readNamespacedService({ name: "istio-ingressgateway", namespace: "istio-ingress" });
        return balanced(service) ?? (await onNode(service, api));
    } catch {
        return {};
    }
}

/** Where a gateway answers. */
interface Addresses {
    gatewayAddress?: string | undefined;
    httpAddress?: string | undefined;
}

function balanced({ status }: V1Service): Addresses | undefined {
    const [way] = status?.loadBalancer?.ingress ?? [];
    const host = way?.hostname ?? way?.ip;
    return host ? { gatewayAddress: `${host}:443`, httpAddress: `${host}:80` } : undefined;
}

async function onNode({ spec }: V1Service, api: CoreV1Api): Promise<Addresses> {
    if (spec?.type !== "NodePort") return {};
    const [node] = (await api.listNode()).items;
    const addresses = node?.status?.addresses ?? [];
    const found = ["ExternalIP", "InternalIP"].flatMap((kind) => addresses.filter(({ type }) => type === kind))[0];
    const at = (port: number): string | undefined => {
        const nodePort = spec.ports?.find((one) => one.port === port)?.nodePort;
        return found && nodePort ? `${found.address}:${nodePort}` : undefined;
    };
    return { gatewayAddress: at(443), httpAddress: at(80) };
}

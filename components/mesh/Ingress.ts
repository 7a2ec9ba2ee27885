import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chartValues } from "./chartValues";
import { ingressSelector } from "./ingressSelector";
import { type ChartSource, release } from "./Istio";
import { countingAnnotations } from "./proxies/statistics";

/** The arguments of an Ingress. */
export interface IngressArgs {
    /** The chart of Istio's gateway. */
    chart: ChartSource;
    /** Values for the chart, such as the Service's type and ports: YAML or JSON. */
    values?: pulumi.Input<string>;
    /** Pods. Default 1. */
    replicas?: number;
}

/** The pods at the mesh's edge: Istio's ingress gateway, through which every Gateway is served. */
export class Ingress extends pulumi.ComponentResource {
    /** The namespace of the pods: `istio-ingress`. Whoever uses it waits for the pods. */
    readonly namespace: pulumi.Output<string>;

    /** @param name The _unique_ name of the resource, and of the Helm release. */
    constructor(name: string, args: IngressArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Ingress", name, args, opts);
        const child = { parent: this };
        const namespace = new k8s.core.v1.Namespace(
            "istio-ingress",
            {
                metadata: {
                    name: "istio-ingress",
                    labels: {
                        "istio-injection": "enabled",
                        "pod-security.kubernetes.io/enforce": "baseline",
                        ...ingressSelector(),
                    },
                },
            },
            child,
        );
        const values = chartValues(`Ingress "${name}"`, args.values).apply((given) => ({
            podAnnotations: countingAnnotations(),
            ...given,
            // The pods have it before a Gateway selects by it: whoever uses the namespace waits for them.
            labels: { ...(given.labels as object | undefined), ...ingressSelector() },
            replicaCount: args.replicas ?? 1,
        }));
        const pods = release(name, args.chart, namespace, values, child);
        this.namespace = pulumi.all([namespace.metadata.name, pods.status]).apply(([namespaceName]) => namespaceName);
        this.registerOutputs({ namespace: this.namespace });
    }
}

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type ChartValues, chartValues } from "./chartValues";
import { stackLabel, stackName } from "./ownership";

/** Where a chart comes from. */
export interface ChartSource {
    /** A folder, or the chart's name in `repository`. */
    chart: string;
    /** The Helm repository's address; none for a folder. */
    repository?: string;
    /** The chart's version in the repository; a folder has its own. */
    version?: string;
}

/** The arguments of an Istio. */
export interface IstioArgs {
    /** The chart of the CRDs. */
    base: ChartSource;
    /** The chart of the control plane. */
    istiod: ChartSource;
    /** Values for istiod's chart beyond ours, such as images of one's own: YAML or JSON. */
    values?: pulumi.Input<string>;
}

/**
 * Istio's control plane: CRDs and istiod, as Helm releases, so that istiod may change its own webhooks without
 * a conflict at the next `up` (pulumi-kubernetes #2210).
 */
export class Istio extends pulumi.ComponentResource {
    /** The namespace of the control plane: `istio-system`. */
    readonly namespace: pulumi.Output<string>;

    /** @param name The _unique_ name of the resource. */
    constructor(name: string, args: IstioArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Istio", name, args, opts);
        const child = { parent: this };
        const labels = { [stackLabel]: stackName(pulumi.getProject(), pulumi.getStack()) };
        const namespace = new k8s.core.v1.Namespace(
            `${name}-system`,
            { metadata: { name: "istio-system", labels } },
            child,
        );
        const base = release(`${name}-base`, args.base, namespace, {}, child);
        const values = chartValues(`Istio "${name}"`, args.values).apply(withOurs);
        const istiod = release(`${name}d`, args.istiod, namespace, values, { ...child, dependsOn: base });
        // Whoever uses the namespace's name wants a control plane that answers.
        this.namespace = pulumi.all([namespace.metadata.name, istiod.status]).apply(([namespaceName]) => namespaceName);
        this.registerOutputs({ namespace: this.namespace });
    }
}

/** The name by which a Telemetry resource has the proxies send traces, as Zipkin takes them, to the Service `zipkin`. */
export const tracingProvider = "upshift-tracing";

/** The provider is only named here: without a Telemetry resource that names it, no proxy sends a trace. */
function withOurs(values: ChartValues): Record<string, unknown> {
    const zipkin = { service: "zipkin.istio-system.svc.cluster.local", port: 9411 };
    const meshConfig = { extensionProviders: [{ name: tracingProvider, zipkin }] };
    // Whoever may write a RequestAuthentication must not make istiod ask the node or a cloud's metadata for keys (IST0175).
    const env = { BLOCKED_CIDRS_IN_JWKS_URIS: "127.0.0.0/8,169.254.0.0/16,::1/128,fe80::/10" };
    return {
        ...values,
        env: { ...env, ...(values.env as object | undefined) },
        meshConfig: { ...meshConfig, ...(values.meshConfig as object | undefined) },
    };
}

/** A Helm release that is ready when Helm says so. */
export function release(
    name: string,
    source: ChartSource,
    namespace: k8s.core.v1.Namespace,
    values: pulumi.Input<Record<string, unknown>>,
    opts: pulumi.CustomResourceOptions,
): k8s.helm.v3.Release {
    const repositoryOpts = source.repository ? { repo: source.repository } : undefined;
    return new k8s.helm.v3.Release(
        name,
        {
            name,
            chart: source.chart,
            version: source.version,
            repositoryOpts,
            namespace: namespace.metadata.name,
            values,
            timeout: 300,
        },
        opts,
    );
}

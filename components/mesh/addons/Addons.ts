import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Gateway } from "../Gateway";
import { tracingProvider } from "../Istio";
import { Grafana } from "./Grafana";
import { addonHosts, addonRoutes, hostOf } from "./hosts";
import { Jaeger } from "./Jaeger";
import { Kiali } from "./Kiali";
import { Observe } from "./Observe";
import { Prometheus } from "./Prometheus";
import { ProxyMetrics } from "./queries";

/** Image references of the addons. */
export interface AddonImagesArgs {
    /** Prometheus: `prom/prometheus:v3.5.0`. */
    prometheus: pulumi.Input<string>;
    /** Grafana. Needed unless `observe` is given, as are the next two. */
    grafana?: pulumi.Input<string>;
    /** Kiali. */
    kiali?: pulumi.Input<string>;
    /** Jaeger, all in one. */
    jaeger?: pulumi.Input<string>;
    /** Where it is given, upshift's own view stands in for Grafana, Kiali and Jaeger. */
    observe?: pulumi.Input<string> | undefined;
}

/** The arguments of an Addons. */
export interface AddonsArgs {
    /** The control plane's namespace: `istio-system`. */
    namespace: pulumi.Input<string>;
    /** The namespace of the ingress pods. */
    ingressNamespace: pulumi.Input<string>;
    /** The namespaces of the systems that are to be seen. */
    systemNamespaces: pulumi.Input<string>[];
    /** What the hosts end in: `192.168.1.99.nip.io` gives `kiali.192.168.1.99.nip.io`. */
    domain: string;
    /** What runs in their pods. */
    images: AddonImagesArgs;
    /** Whose counts they read: those of Istio's own proxies, or of upstream Envoy. */
    metrics: ProxyMetrics;
    /** Percent of requests of which the proxies write a trace. Default 10. */
    tracePercent?: number;
}

/**
 * Prometheus, Grafana, Kiali and Jaeger beside the control plane, each at a host name of its own on the gateway's plain port.
 *
 * By Gateway and VirtualService, as everything else is served, and not by Kubernetes Ingress: an Ingress has an address
 * only where the gateway's Service is a load balancer, and Pulumi waits for that address.
 */
export class Addons extends pulumi.ComponentResource {
    /** Host name by addon: grafana, kiali, prom, tracing. */
    readonly hosts: pulumi.Output<Record<string, string>>;

    /** @param name The _unique_ name of the resource, and of the Gateway. */
    constructor(name: string, args: AddonsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Addons", name, {}, opts);
        const child = { parent: this };
        const { namespace, metrics, images } = args;
        const watched = [namespace, args.ingressNamespace, ...args.systemNamespaces];
        const prometheus = pulumi.interpolate`http://prometheus.${namespace}:9090`;
        const observe = images.observe
            ? new Observe("observe", { namespace, image: images.observe, prometheus, metrics, watched }, child)
            : undefined;
        if (!observe) theThree(args, prometheus, child);
        const { image, discovery } = { image: images.prometheus, discovery: observe?.discovery };
        new Prometheus("prometheus", { namespace, image, watched, discovery }, child);
        istioResource("telemetry.istio.io/v1", "Telemetry", name, namespace, tracing(args.tracePercent ?? 10), child);
        const hosts = Object.keys(addonHosts).map((addon) => hostOf(addon, args.domain));
        const gateway = new Gateway(name, { namespace: args.ingressNamespace, hosts, tls: false }, child);
        // Where the view stands in for an addon, it also tells Prometheus of pods.
        const inside = observe ? ["/targets"] : [];
        for (const [addon, host] of Object.entries(addonHosts)) {
            const spec = {
                hosts: [hostOf(addon, args.domain)],
                gateways: [gateway.reference],
                http: addonRoutes(host, [...host.hidden, ...(addon === "prom" ? [] : inside)]),
            };
            istioResource("networking.istio.io/v1", "VirtualService", addon, namespace, spec, child);
        }
        this.hosts = pulumi.output(
            Object.fromEntries(Object.keys(addonHosts).map((addon) => [addon, hostOf(addon, args.domain)])),
        );
        this.registerOutputs({ hosts: this.hosts });
    }
}

function theThree(
    { namespace, metrics, images, domain }: AddonsArgs,
    prometheus: pulumi.Input<string>,
    child: pulumi.ComponentResourceOptions,
): void {
    const { grafana, kiali, jaeger } = images;
    if (!grafana || !kiali || !jaeger)
        throw new pulumi.RunError("Addons needs an image of each of Grafana, Kiali and Jaeger, or one of observe.");
    const urls = {
        grafanaUrl: `http://${hostOf("grafana", domain)}`,
        tracingUrl: `http://${hostOf("tracing", domain)}`,
    };
    new Grafana("grafana", { namespace, image: grafana, prometheus, metrics }, child);
    new Kiali("kiali", { namespace, image: kiali, prometheus, ...urls }, child);
    new Jaeger("jaeger", { namespace, image: jaeger }, child);
}

function tracing(percent: number): object {
    return { tracing: [{ providers: [{ name: tracingProvider }], randomSamplingPercentage: percent }] };
}

function istioResource(
    apiVersion: string,
    kind: string,
    name: string,
    namespace: pulumi.Input<string>,
    spec: object,
    opts: pulumi.CustomResourceOptions,
): void {
    new k8s.apiextensions.CustomResource(
        `${name}-${kind.toLowerCase()}`,
        { apiVersion, kind, metadata: { name, namespace }, spec },
        opts,
    );
}

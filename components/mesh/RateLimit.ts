import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ingressSelector } from "./ingressSelector";

/** The arguments of a RateLimit. */
export interface RateLimitArgs {
    /** The gateway's namespace. */
    namespace: pulumi.Input<string>;
    /** The host name, served with TLS. */
    host: string;
    /** The name of the rule in the host's VirtualService whose requests are counted. */
    route: string;
    /** Requests a second that each gateway pod lets through; at least 1. */
    perSecond: number;
}

/**
 * Lets only so many requests of one rule through the gateway; the others get 429 at once, and cost the service nothing. Each gateway
 * pod counts by itself, whoever asks: it holds the service up, and tells no caller from another.
 */
export class RateLimit extends pulumi.ComponentResource {
    /** @param name The _unique_ name of the resource, and of the EnvoyFilter. */
    constructor(name: string, args: RateLimitArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:RateLimit", name, args, opts);
        // Filters with a priority are applied in a set order, after those without.
        const spec = {
            workloadSelector: { labels: ingressSelector() },
            priority: 10,
            configPatches: patchesFor(name, args),
        };
        new k8s.apiextensions.CustomResource(
            name,
            {
                apiVersion: "networking.istio.io/v1alpha3",
                kind: "EnvoyFilter",
                metadata: { name, namespace: args.namespace },
                spec,
            },
            { parent: this },
        );
        this.registerOutputs({});
    }
}

const typeUrl = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";

/**
 * The filter, which counts nothing by itself, and the one rule for which it does. It has a name of its own: a rule's configuration
 * holds for all filters of that name, and a request would pay once in each.
 */
function patchesFor(name: string, { host, route, perSecond }: Omit<RateLimitArgs, "namespace">): object[] {
    const filter = `envoy.filters.http.local_ratelimit.${name}`;
    const counted = {
        "@type": typeUrl,
        stat_prefix: route,
        token_bucket: { max_tokens: perSecond, tokens_per_fill: perSecond, fill_interval: "1s" },
        filter_enabled: { default_value: { numerator: 100 } },
        filter_enforced: { default_value: { numerator: 100 } },
    };
    return [
        {
            applyTo: "HTTP_FILTER",
            match: {
                context: "GATEWAY",
                listener: {
                    filterChain: {
                        filter: {
                            name: "envoy.filters.network.http_connection_manager",
                            subFilter: { name: "envoy.filters.http.router" },
                        },
                    },
                },
            },
            patch: {
                operation: "INSERT_BEFORE",
                value: { name: filter, typed_config: { "@type": typeUrl, stat_prefix: "none" } },
            },
        },
        {
            applyTo: "HTTP_ROUTE",
            match: {
                context: "GATEWAY",
                routeConfiguration: { vhost: { name: `${host}:443`, route: { name: route } } },
            },
            patch: { operation: "MERGE", value: { typed_per_filter_config: { [filter]: counted } } },
        },
    ];
}

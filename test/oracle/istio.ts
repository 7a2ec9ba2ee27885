/** The members of Istio's and Kubernetes' objects that decide who serves a request, as their references list them. */

export type Labels = Readonly<Record<string, string>>;

export interface StringMatch {
    exact?: string | undefined;
    prefix?: string | undefined;
    regex?: string;
}

export interface HttpMatch {
    name?: string;
    uri?: StringMatch | undefined;
    scheme?: StringMatch | undefined;
    method?: StringMatch | undefined;
    authority?: StringMatch | undefined;
    headers?: Record<string, StringMatch>;
    withoutHeaders?: Record<string, StringMatch>;
    queryParams?: Record<string, StringMatch>;
    ignoreUriCase?: boolean;
    port?: number | undefined;
    sourceLabels?: Record<string, string>;
    sourceNamespace?: string | undefined;
    gateways?: string[] | undefined;
}

export interface Destination {
    host: string;
    subset?: string;
    port?: { number: number };
}

export interface WeightedDestination {
    destination: Destination;
    weight?: number;
    headers?: object;
}

export interface Percentage {
    value?: number;
}

export interface Fault {
    abort?: { httpStatus?: number; grpcStatus?: string; percentage?: Percentage | undefined };
    delay?: { fixedDelay?: string; percentage?: Percentage; percent?: number };
}

export interface HttpRule {
    name?: string;
    match?: HttpMatch[] | undefined;
    route?: WeightedDestination[] | undefined;
    redirect?: { uri?: string; authority?: string; redirectCode?: number };
    directResponse?: { status: number };
    delegate?: { name: string; namespace?: string };
    rewrite?: { uri?: string; authority?: string; uriRegexRewrite?: { match: string; rewrite: string } } | undefined;
    timeout?: string;
    retries?: object;
    fault?: Fault;
    mirror?: Destination;
    mirrors?: { destination: Destination; percentage?: Percentage }[];
    mirrorPercentage?: Percentage;
    headers?: object;
    corsPolicy?: object;
}

/** What the matches of `tcp` and `tls` rules have in common, and the names that `tls` rules ask for. */
export interface L4Match {
    sniHosts?: string[];
    port?: number;
    sourceLabels?: Record<string, string>;
    sourceNamespace?: string;
    gateways?: string[];
}

export interface L4Rule {
    match?: L4Match[];
    route?: WeightedDestination[];
}

export interface VirtualServiceSpec {
    hosts?: string[];
    gateways?: string[];
    exportTo?: string[];
    http?: HttpRule[] | undefined;
    tcp?: L4Rule[];
    tls?: L4Rule[];
}

export interface Subset {
    name: string;
    labels?: Record<string, string> | undefined;
}

export interface DestinationRuleSpec {
    host: string;
    subsets?: Subset[];
    exportTo?: string[];
    workloadSelector?: { matchLabels?: Record<string, string> };
    trafficPolicy?: object;
}

export interface GatewayServer {
    port: { number: number; name?: string; protocol: string };
    hosts: string[];
    tls?: { mode?: string; httpsRedirect?: boolean; credentialName?: string };
}

export interface GatewaySpec {
    selector?: Record<string, string>;
    servers?: GatewayServer[];
}

export interface ServicePort {
    name?: string;
    port: number;
    targetPort?: number | string;
    protocol?: string;
    appProtocol?: string;
}

export interface ServiceSpec {
    type?: string;
    externalName?: string;
    selector?: Record<string, string>;
    clusterIP?: string;
    ports?: ServicePort[];
}

export interface PodSpec {
    containers: { name: string; image?: string; env?: { name: string; value?: string }[] }[];
}

export interface PodTemplate {
    metadata?: { labels?: Record<string, string> | undefined; annotations?: Record<string, string> };
    spec: PodSpec;
}

export interface WorkloadSpec {
    replicas?: number;
    selector?: { matchLabels?: Record<string, string> };
    template: PodTemplate;
}

export interface WorkloadStatus {
    replicas?: number;
    readyReplicas?: number;
    /** Of a DaemonSet. */
    numberReady?: number;
    desiredNumberScheduled?: number;
}

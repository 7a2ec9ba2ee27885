/**
 * Istio's objects, as far as we read and write them. First anybody's, of which nothing but Istio's own form is known; then ours,
 * which say more: plain values, so that a preview knows them.
 */

/** What of a VirtualService decides where a request goes: Istio's own form, ours or anybody's. */
export interface VirtualService {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: {
        readonly hosts?: readonly string[];
        /** `namespace/name` of gateways, or `mesh` for the sidecars; the sidecars alone when left out. */
        readonly gateways?: readonly string[];
        /** The namespaces whose callers it is for; `.` for its own, `~` for none, `*` for all, which is the default. */
        readonly exportTo?: readonly string[];
        readonly http?: readonly Rule[] | undefined;
        readonly tls?: readonly Rule[];
        readonly tcp?: readonly Rule[] | undefined;
    };
}

/** What of a DestinationRule decides where a request goes. */
export interface DestinationRule {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: { readonly host: string; readonly subsets?: readonly Subset[] };
}

/** A version as a DestinationRule names it. */
export interface Subset {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
}

/** One rule: the first that matches serves. */
export interface Rule {
    readonly name?: string;
    /** One of them must hold; all requests where there is none. */
    readonly match?: readonly Match[] | undefined;
    readonly route?: readonly RouteDestination[] | undefined;
    readonly directResponse?: { readonly status: number };
    readonly redirect?: { readonly redirectCode?: number; readonly uri?: string; readonly authority?: string };
    readonly delegate?: { readonly name?: string; readonly namespace?: string };
    readonly rewrite?: Rewrite | undefined;
    readonly headers?: HeaderOperations;
    readonly timeout?: string;
    readonly retries?: { readonly attempts?: number; readonly perTryTimeout?: string };
    readonly fault?:
        | {
              readonly abort?: { readonly percentage?: { readonly value?: number }; readonly httpStatus?: number };
              readonly delay?: {
                  readonly percentage?: { readonly value?: number };
                  /** The old form of `percentage`, in whole percents. */
                  readonly percent?: number;
                  readonly fixedDelay?: string;
              };
          }
        | undefined;
    readonly mirror?: { readonly host: string; readonly subset?: string };
    readonly mirrorPercentage?: { readonly value?: number };
}

/** What a request's path and host become on the way. */
export interface Rewrite {
    readonly uri?: string;
    readonly authority?: string;
    /** The whole path by a regular expression (RE2) and what takes its place, with `\\1` for what its groups matched. */
    readonly uriRegexRewrite?: { readonly match?: string; readonly rewrite?: string };
}

/** Conditions that must all hold. */
export interface Match {
    readonly uri?: StringMatch;
    readonly scheme?: StringMatch;
    readonly method?: StringMatch;
    readonly authority?: StringMatch;
    readonly headers?: Readonly<Record<string, StringMatch>>;
    readonly withoutHeaders?: Readonly<Record<string, StringMatch>>;
    readonly queryParams?: Readonly<Record<string, StringMatch>>;
    readonly ignoreUriCase?: boolean;
    readonly sourceLabels?: Readonly<Record<string, string>> | undefined;
    readonly sourceNamespace?: string | undefined;
    readonly gateways?: readonly string[];
    /** The port of the Service that is asked for. */
    readonly port?: number;
    /** Of tls rules: the names that the client asks for. */
    readonly sniHosts?: readonly string[];
    /** Of tls and tcp rules: where connections go. */
    readonly destinationSubnets?: readonly string[];
}

/** Where a rule leads, and with which share of its requests. */
export interface RouteDestination {
    readonly destination: {
        readonly host: string;
        readonly subset?: string;
        readonly port?: { readonly number?: number };
    };
    readonly weight?: number;
    readonly headers?: HeaderOperations | undefined;
}

/** What a proxy does to the headers that it sends on. */
export interface HeaderOperations {
    readonly request?: {
        readonly set?: Readonly<Record<string, string>>;
        readonly add?: Readonly<Record<string, string>>;
        readonly remove?: readonly string[];
    };
}

/** `spec` of a DestinationRule. */
export interface DestinationRuleSpec {
    host: string;
    trafficPolicy?: TrafficPolicy;
    subsets: { name: string; labels: Record<string, string>; trafficPolicy?: TrafficPolicy }[];
}

/** How a destination's pods are chosen and left out. */
export interface TrafficPolicy {
    loadBalancer?: {
        simple?: string;
        warmup?: { duration: string };
        consistentHash?: { useSourceIp: boolean };
    };
    outlierDetection?: {
        consecutive5xxErrors: number;
        interval: string;
        baseEjectionTime: string;
        maxEjectionPercent: number;
    };
}

/** `spec` of a VirtualService. */
export interface VirtualServiceSpec {
    hosts: string[];
    gateways?: string[];
    http?: HttpRoute[] | undefined;
    tcp?: { route: WeightedDestination[] }[] | undefined;
}

/** A VirtualService as it is sent, as far as a step reads it. */
export interface VirtualServiceInputs extends VirtualService {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: VirtualServiceSpec;
}

/** One rule of a VirtualService: the first that matches serves. */
export interface HttpRoute extends Rule {
    name?: string;
    /** Any of them; without matches every request. */
    match?: HttpMatch[] | undefined;
    route: WeightedDestination[];
    timeout?: string;
    retries?: { attempts: number };
    fault?:
        | {
              delay?: { percentage: { value: number }; fixedDelay: string };
              abort?: { percentage: { value: number }; httpStatus: number };
          }
        | undefined;
    mirror?: Destination;
    mirrorPercentage?: { value: number };
}

/** All of it must hold. */
export type HttpMatch = Match;

/** One of the three. */
export interface StringMatch {
    /** The whole value, letter by letter. */
    exact?: string | undefined;
    /** What the value starts with. */
    prefix?: string | undefined;
    /** RE2; it must match the whole value. */
    regex?: string | undefined;
}

export interface WeightedDestination extends RouteDestination {
    destination: Destination;
    weight?: number;
    headers?:
        | {
              request?: { set?: Record<string, string> };
              response?: { add?: Record<string, string> };
          }
        | undefined;
}

export interface Destination {
    host: string;
    subset?: string;
    port?: { number: number };
}

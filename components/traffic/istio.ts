/** Istio's objects, as far as we use them: plain values, so that a preview knows them. */

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
    http?: HttpRoute[];
    tcp?: { route: WeightedDestination[] }[];
}

/** A VirtualService as it is sent, as far as a step reads it. */
export interface VirtualServiceInputs {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: VirtualServiceSpec;
}

/** One rule of a VirtualService: the first that matches serves. */
export interface HttpRoute {
    name?: string;
    /** Any of them; without matches every request. */
    match?: HttpMatch[];
    route: WeightedDestination[];
    timeout?: string;
    retries?: { attempts: number };
    fault?: {
        delay?: { percentage: { value: number }; fixedDelay: string };
        abort?: { percentage: { value: number }; httpStatus: number };
    };
    mirror?: Destination;
    mirrorPercentage?: { value: number };
}

/** All of it must hold. */
export interface HttpMatch {
    uri?: StringMatch;
    method?: StringMatch;
    headers?: Record<string, StringMatch>;
    /** Labels of the calling pods. */
    sourceLabels?: Record<string, string>;
}

/** One of the three. */
export interface StringMatch {
    exact?: string;
    prefix?: string;
    /** RE2; it must match the whole value. */
    regex?: string;
}

export interface WeightedDestination {
    destination: Destination;
    weight?: number;
    headers?: {
        request?: { set?: Record<string, string> };
        response?: { add?: Record<string, string> };
    };
}

export interface Destination {
    host: string;
    subset?: string;
    port?: { number: number };
}

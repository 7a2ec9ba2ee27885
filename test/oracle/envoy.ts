import type { StringMatch } from "./istio";
import type { Pods } from "./pods";

/** Envoy's tables, as far as they decide who serves: what istiod writes and the router reads. */
export interface RouteTable {
    readonly virtualHosts: readonly VirtualHost[];
    /** What meets a request for a host that none of the virtual hosts has. */
    readonly otherwise: string;
}

export interface VirtualHost {
    /** Names, in lower case and without ports; `*` alone or at the start stands for anything. */
    readonly domains: readonly string[];
    readonly routes: readonly Route[];
    /** Sends whoever comes without TLS to the same place with it. */
    readonly requireTls?: boolean | undefined;
}

/** The first route that matches takes the request, whatever becomes of it. */
export interface Route {
    readonly match: RouteMatch;
    readonly action: Action;
    readonly fault?: Fault | undefined;
    readonly rewrite?:
        { readonly uri?: string; readonly regex?: { readonly match: string; readonly rewrite: string } } | undefined;
    /** Milliseconds; none when absent. */
    readonly timeoutMs?: number | undefined;
}

export interface RouteMatch {
    readonly path: StringMatch;
    readonly ignoreCase: boolean;
    readonly headers: readonly HeaderMatch[];
    readonly query: readonly { readonly name: string; readonly value: ValueMatch }[];
}

export interface HeaderMatch {
    readonly name: string;
    readonly value: ValueMatch;
    readonly inverted: boolean;
}

/** A text, or only that there is one. */
export type ValueMatch = StringMatch | "present";

export type Action =
    | { readonly kind: "clusters"; readonly clusters: readonly WeightedCluster[] }
    | { readonly kind: "answer"; readonly status: number; readonly why: string };

export interface WeightedCluster {
    readonly weight: number;
    readonly endpoints: Endpoints;
}

/** The pods of a cluster; or, in words, why there is no such cluster. */
export type Endpoints = readonly Pods[] | string;

/** Percents of requests, each drawn by itself. */
export interface Fault {
    readonly abort?: { readonly status: number; readonly percent: number } | undefined;
    readonly delay?: { readonly ms: number; readonly percent: number } | undefined;
}

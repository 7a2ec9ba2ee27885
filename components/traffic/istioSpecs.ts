import type { StringMatch } from "./routes";

/** What of a VirtualService decides where a request goes: Istio's own form, ours or anybody's. */
export interface VirtualService {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: {
        readonly hosts?: readonly string[];
        /** `namespace/name` of gateways, or `mesh` for the sidecars; the sidecars alone when left out. */
        readonly gateways?: readonly string[];
        readonly http?: readonly Rule[];
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
    readonly match?: readonly Match[];
    readonly route?: readonly Destination[];
    readonly directResponse?: { readonly status: number };
    readonly redirect?: { readonly redirectCode?: number };
    readonly delegate?: object;
    readonly rewrite?: { readonly uri?: string; readonly authority?: string };
    readonly headers?: HeaderOperations;
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
    readonly sourceLabels?: Readonly<Record<string, string>>;
    readonly sourceNamespace?: string;
    readonly gateways?: readonly string[];
}

/** Where a rule leads, and with which share of its requests. */
export interface Destination {
    readonly destination: { readonly host: string; readonly subset?: string };
    readonly weight?: number;
    readonly headers?: HeaderOperations;
}

/** What a proxy does to the headers that it sends on. */
export interface HeaderOperations {
    readonly request?: {
        readonly set?: Readonly<Record<string, string>>;
        readonly add?: Readonly<Record<string, string>>;
        readonly remove?: readonly string[];
    };
}

import type { StringMatch } from "../world/istio";
import type { Known } from "./texts";

/** Where requests come in, and what for. */
export interface Place {
    /** A full host name, or a wildcard. */
    readonly host: string;
    /** `namespace/name` of a gateway, or `mesh`. */
    readonly entry: string;
    readonly protocol: "http" | "tls" | "tcp";
    /** The callers' namespace, where routes are for some namespaces only; `*` stands for those that none names. */
    readonly from?: string;
}

/**
 * A kind of request: all that meet some conditions, and nothing beyond them. One request is the kind whose every value is known
 * letter by letter. What is not named is not there: such a kind has no other header, and its path and method are none that a
 * rule names. Of each value several conditions may be known; all of them hold.
 */
export interface Kind {
    /** The gateway at which it comes in, or `mesh`. */
    readonly entry: string;
    readonly uri: readonly Known[];
    readonly method: readonly StringMatch[];
    /** Nothing is known of the host where any is served. */
    readonly authority: readonly StringMatch[];
    readonly scheme: readonly StringMatch[];
    /** By name, in lower case. */
    readonly headers: Readonly<Record<string, readonly StringMatch[]>>;
    readonly queryParams: Readonly<Record<string, readonly StringMatch[]>>;
    readonly port?: number;
    /** At which of their ports workloads take what comes to that port before a step that changes it. */
    readonly reached?: Reached;
    readonly sourceLabels: Readonly<Record<string, string>>;
    readonly sourceNamespace?: string;
    /** The host of its place, which may be a wildcard. */
    readonly host?: string;
    /** The name that a TLS client asks for, where it is told apart from others within that. */
    readonly sni?: string;
    /** The subnets that rules name and that its address is within, each list as {@link subnetsOf} has it. */
    readonly subnets?: readonly string[];
}

/** By the id of a workload, and under "" what the Service says, where no workload is known. */
export type Reached = Readonly<Record<string, ReachedPort>>;

/** Where a workload's pods take what comes to a Service's port; nowhere where it is undefined. */
export interface ReachedPort {
    readonly at: number | string | undefined;
    /** The ports of these pods, see `Workload`. */
    readonly ports?: Readonly<Record<string, number>> | undefined;
}

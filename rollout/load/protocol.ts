import type { VersionStats } from "./versionTally";

/** What a load is: told to the generator as the first line on its standard input. */
export interface LoadOptions {
    /** Where to connect: `https://10.200.0.1:30443`. */
    origin: string;
    /** The host name asked for, in TLS and in the request. */
    host: string;
    path: string;
    /** Default GET. */
    method?: string;
    body?: string | undefined;
    /** Statuses that are no failure, such as `200,404`. Default `2xx`. */
    expectStatus?: string;
    /** The header of an answer that says which version of a service gave it, where answers do not say it in our own way. */
    versionHeader?: { name: string; service: string };
    /** Sent with every request; holds the token, and so goes by standard input and not by the command line. */
    headers: Record<string, string>;
    /** The certificate to trust, PEM; none without TLS. */
    certificate?: string | undefined;
    /** Requests a second, sent at a steady rate whether or not earlier ones were answered. */
    rate: number;
    /** Ends by itself after so many requests. */
    maxRequests: number;
}

/** What happened to the requests that were begun between two cuts. */
export interface Window {
    /** Requests begun, all of them answered or failed by now. */
    requests: number;
    failed: number;
    /** Failures by what they said: `503 no healthy upstream`. */
    failures: Record<string, number>;
    /** Answers by service and version, counted by what the answer says of who served it: `{review: {v1: 1580, v2: 420}}`. */
    versions: Record<string, Record<string, number>>;
    /** The same with failures and latency: errors that say who gave them are counted there too. */
    byVersion: Record<string, Record<string, VersionStats>>;
    /** Latency of the answers, in milliseconds. */
    latency: { p50: number; p99: number; max: number };
    /** How long the window was open, in seconds. */
    seconds: number;
}

/** The line to the generator, after its options, that ends the open window once it has so many requests, and begins the next. */
export function cutLine(requests: number): string {
    return `cut ${requests}`;
}

/** How many requests the window must have that a line cuts. @throws when it is another line */
export function requestsOf(line: string): number {
    const [, requests] = /^cut (\d+)$/.exec(line) ?? [];
    if (requests === undefined) throw new Error(`The load generator got "${line}", and takes "cut N".`);
    return Number(requests);
}

import type { Judgement } from "./guard/planned";
import type { Verification } from "./verify";

/**
 * What a CLI that was built for one project knows of that project better than its state tells. The package's CLI has none; the one
 * of a checkout of upshift has its demo systems.
 */
export interface OwnProject {
    /** Judges what a stack's config asks for, without running the program. @throws when it can't be judged */
    readonly judge: (stack: string) => Promise<Judgement>;
    /** What is to be said of a stack beside its splits. */
    readonly status: (stack: string) => Promise<OwnStatus>;
    /** Measures a service as its callers from outside meet it. */
    readonly verify: (stack: string, service: string, probe: OwnProbe) => Promise<Verification>;
}

/** What `upshift status` says of a project of one's own beside its splits. */
export interface OwnStatus {
    /** To be known before anything else, a line each. */
    readonly warnings: readonly string[];
    /** Where it answers, and how its cluster is reached, a line each. */
    readonly lines: readonly string[];
    readonly json: object;
}

/** What is sent to measure a service. */
export interface OwnProbe {
    /** How many requests. */
    readonly requests: number;
    /** Requests a second. */
    readonly rate: number;
    readonly headers: Record<string, string>;
}

/** Loads it when a command is about it. */
export type LoadOwn = () => Promise<OwnProject>;

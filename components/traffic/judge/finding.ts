import { VersionName } from "../split/weights";

/** What a finding is about. */
export type FindingKind =
    /** A version's share is raised by more points than one step may. */
    | "raise"
    /** Several services of a chain are raised at once, together by more points than one step may. */
    | "together"
    /** A declared switch to a version that testers could not reach. */
    | "switch-untested"
    /** A declared switch to a version with fewer ready pods than the stable one, or whose pods could not be counted. */
    | "switch-pods"
    /** A version that still serves is taken away. */
    | "removal"
    /** Something that must be known for a judgement could not be read. What can't be judged is refused. */
    | "unreadable";

/** One reason why a step may not go ahead. */
export interface Finding {
    readonly what: FindingKind;
    /** The services that it concerns; more than one where a chain is judged together. */
    readonly services: readonly string[];
    /** The version, where it concerns one. */
    readonly version?: VersionName;
    /** Percent of requests that the version has now: the least of what was read, so that the larger raise counts. */
    readonly from?: number;
    /** Percent of requests that the version shall have. */
    readonly to?: number;
    /** Points that one step may raise by. */
    readonly limit?: number;
    /** The largest share in the same direction that would be allowed now. */
    readonly next?: number;
    /** All of it in one line, with the way out. */
    readonly message: string;
    /** The command that makes the next allowed step of it, where there is one. */
    readonly fix?: string;
}

/** A finding that says why a service's step could not be judged. */
export function unreadable(service: string, why: string, fix?: string): Finding {
    return { what: "unreadable", services: [service], message: `${service}: ${why}`, fix };
}

/** Findings as the lines of an error: each message, and the command that fixes it below. */
export function describeFindings(findings: readonly Finding[]): string {
    return findings.map(({ message, fix }) => (fix ? `${message}\n  fix: ${fix}` : message)).join("\n");
}

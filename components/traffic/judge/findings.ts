/** What a finding is about. */
export type FindingCode =
    /** A version's share is raised by more points than one step may. */
    | "raise"
    /** Requests are answered by no version that were answered before. */
    | "fails"
    /** A version that serves gets other code, by more points than one step may. */
    | "new-code"
    /** Several services are raised at once, together by more points than one step may. */
    | "together"
    /** A declared switch to a version that testers could not reach, as it is to run. */
    | "switch-untested"
    /** A declared switch to a version with fewer ready pods than the stable one, or whose pods could not be counted. */
    | "switch-pods"
    /** A release that begins while the version to go back to serves nobody. */
    | "stable-unserved"
    /** Another version is made the stable one, and not all users are on it. */
    | "stable-moved"
    /** A version that still serves is taken away. */
    | "removal"
    /** Routes by requests for a Service whose ports carry none. */
    | "no-effect"
    /** Somebody else has moved users since the last update: nobody has said yet whether that stays. */
    | "drift"
    /** Something that must be known for a judgement could not be read. What can't be judged is refused. */
    | "unreadable";

/** One reason why a step may not go ahead: data, put into words in one place (`words.ts`). */
export interface Finding {
    readonly code: FindingCode;
    /** The service, as config and messages call it. */
    readonly service: string;
    /** Its namespace, where another one of the step has its name. */
    readonly namespace?: string | undefined;
    /** All services that it concerns, where they are several. */
    readonly services?: readonly string[] | undefined;
    readonly version?: string | undefined;
    /** Which requests, in words, where not all: `path /beta`. */
    readonly requests?: string | undefined;
    /** Percent of these requests that the version has now: the least of what was read, so that the larger raise counts. */
    readonly from?: number | undefined;
    /** Percent of them that it shall have. */
    readonly to?: number | undefined;
    /** Points that one step may raise by. */
    readonly limit?: number | undefined;
    /** The largest share that would be allowed now. */
    readonly allowed?: number | undefined;
    /** Whether a blue/green switch is a way to go further: versions are told apart by requests, and testers can be, too. */
    readonly canSwitch?: true | undefined;
    /** Each raise of several that are too much together. */
    readonly parts?: readonly Part[] | undefined;
    /** What else is to be said of it: where views differ, how many pods there are, why it can't be read. */
    readonly detail?: string | undefined;
    /** The command that makes the next allowed step of it, where there is one. */
    readonly fix?: string | undefined;
}

/** One raise of several. */
export interface Part {
    readonly service: string;
    readonly namespace?: string | undefined;
    readonly version: string;
    readonly from: number;
    readonly to: number;
    readonly allowed: number;
}

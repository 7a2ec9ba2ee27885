/** What happens to a part of the requests. */
export interface Outcome {
    /** How people call it: a version's name, or why it fails. */
    readonly name: string;
    /** Where it is sent: the Service, and the labels of its pods where they are a subset's. The same for the same pods, whatever runs in them. */
    readonly at: string;
    /** Who answers: pods by their workload, with what runs in them; undefined where that is not known, or where nobody answers. */
    readonly pods?: { readonly workload: string; readonly template: string };
    /** Pods that are ready to answer, where that is known. */
    readonly ready?: number;
    /** Set where no version answers: by a fault, a redirect, the proxy itself; `absent` where nothing is there to answer. */
    readonly fails?: "answered" | "absent";
    /** Set where it is known that no pods answer there, and why: then it is still the version's place, to which some may come. */
    readonly lacks?: Lack;
    /** The headers that the route gives it, in lower case. */
    readonly given: Readonly<Record<string, string>>;
}

/** Why no pods answer at a destination. */
export interface Lack {
    /** Such as `no pods`. */
    readonly what: string;
    /** What to do about it. */
    readonly way?: string;
    /** The Service, and the labels of its pods where they are a subset's. */
    readonly host: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** A part of the requests. */
export interface Share {
    readonly outcome: Outcome;
    readonly percent: number;
}

import type { FindingCode } from "../../components/traffic/judge/findings";
import type { VersionName, Weights } from "../../components/traffic/split/weights";

/** The form of a plan's JSON: a plan of another form can't be compared with one of this. */
export const schemaVersion = 3;

/** What a preview means for users: the JSON of `upshift plan --json`. */
export interface Plan {
    /** The form of this JSON. */
    readonly schema: typeof schemaVersion;
    readonly project: string;
    readonly stack: string;
    /** `nothing`: an `up` would change nothing. `refused`: a guard says no. `failed`: the preview did not get to its end. */
    readonly result: "changes" | "nothing" | "refused" | "failed";
    /** Services whose traffic changes, and no others. */
    readonly services: readonly ServicePlan[];
    readonly pods: readonly PodChange[];
    /** Resources that are deleted and made anew. */
    readonly replaced: readonly { readonly resource: string; readonly because: readonly string[] }[];
    readonly findings: readonly PlanFinding[];
    /** Where the preview failed: who is served by what until it is fixed, by service, as last applied. */
    readonly serving?: Readonly<Record<string, string>>;
    /** Where the live cluster differs from what was last applied. */
    readonly drift: readonly Drift[];
    /** Whether the live cluster was looked at, and why not. */
    readonly live: { readonly seen: boolean; readonly why?: string; readonly unasked?: true };
    /** What went wrong. */
    readonly errors: readonly string[];
    /** What this plan does not know. */
    readonly notKnown: readonly string[];
    readonly changes: readonly ResourceChange[];
    /**
     * Of what is created where a second preview had something else: what the program makes anew at each run. Left out where there was
     * none, as where nobody is to approve it.
     */
    readonly unsteady?: readonly string[] | undefined;
    /** How many resources, by what happens to them. */
    readonly counts: Readonly<Record<string, number>>;
}

/** Who is served by what, of the requests for a service. */
export interface Routes {
    /** Percent of requests per version, of those that nothing tells apart; `no version (fault 503)` is an outcome like any other. */
    readonly weights: Weights;
    readonly special: readonly SpecialRule[];
    readonly mirror?: { readonly to: VersionName; readonly percent: number } | undefined;
}

/** Some requests only, that meet something else than all others. */
export interface SpecialRule {
    /** The requests, in words: `requests with X-group: test`. */
    readonly who: string;
    /** The version that they get, or the shares of several. */
    readonly to: string;
}

/** How shares come about: counted by the mesh, or by pods. */
export type SplitBy = "mesh" | "pods";

/** What changes for one service. */
export interface ServicePlan {
    readonly service: string;
    /** Which of several of this name: `in stage`, `at istio-ingress/app-gateway`. */
    readonly at?: string | undefined;
    readonly by: SplitBy;
    /** The version that a rollback returns to. */
    readonly stable: VersionName;
    /** Undefined for a first deployment. */
    readonly applied?: Routes | undefined;
    /** Undefined where the service goes. */
    readonly proposed?: Routes | undefined;
    /** Why it can't be said who would be served by what. */
    readonly unknown?: string | undefined;
    /** What the cluster has now, where somebody else has made it otherwise than it was applied and this takes it back. */
    readonly live?: Weights;
    readonly step: Step;
    /** What it means for users, a sentence each. */
    readonly words: readonly string[];
    /** What a rollback would do after this plan. */
    readonly rollback?: string;
    /** Requests a second per version, measured now and estimated for after. */
    readonly rate?: {
        readonly now: Readonly<Record<VersionName, number>>;
        readonly then: Readonly<Record<VersionName, number>>;
    };
}

/** Where a change stands in its release. */
export interface Step {
    readonly kind:
        | "first"
        | "removal"
        | "raise"
        | "switch"
        | "fails"
        | "back"
        | "code"
        | "drift"
        | "via"
        | "some"
        | "unknown"
        | "routes";
    /** For a raise: step `n` of at least `of` to all users, at the largest raise that is allowed. */
    readonly n?: number;
    readonly of?: number;
    /** `step 2 of 4 to v2`. */
    readonly words: string;
}

export interface PodChange {
    readonly deployment: string;
    readonly from: number;
    readonly to: number;
    /** Pods are replaced one by one, because what they run changes. */
    readonly restarts: boolean;
    /** What changes in them: `image a → b`. */
    readonly because?: string | undefined;
}

/** Something that a guard says. */
export interface PlanFinding {
    readonly level: "mandatory" | "advisory";
    /** Who says it: a policy, or the step's own check. */
    readonly source: string;
    readonly message: string;
    /** What kind of finding it is, where the judge of steps says it, and what it is about. */
    readonly code?: FindingCode;
    readonly service?: string;
    readonly version?: string;
    /** The largest share that would be allowed now. */
    readonly allowed?: number;
    /** The command that makes the next allowed step of it. */
    readonly fix?: string;
}

/** A field that somebody else has changed. */
export interface Drift {
    /** `VirtualService hands-on/review-vs`. */
    readonly resource: string;
    readonly fields: readonly FieldChange[];
    /** Who wrote last, and when, from the object's managed fields. */
    readonly by?: string | undefined;
    readonly at?: string;
    /** Who was moved by it, a line for each service. */
    readonly moves?: readonly string[];
    /** Where users were moved by it: the commands of which one is to be chosen before the next update. */
    readonly fixes?: readonly string[];
}

export interface ResourceChange {
    readonly op: string;
    /** `VirtualService review-vs`. */
    readonly resource: string;
    readonly fields: readonly FieldChange[];
    /** What there is none of yet, and so no field to tell of. */
    readonly created?: CreatedResource | undefined;
}

/** What is created, to be compared with what is approved, and not to be read. */
export interface CreatedResource {
    /** The name of the provider that makes it. */
    readonly provider?: string | undefined;
    /** With a digest in the place of each text. */
    readonly inputs?: unknown;
}

/** One field, before and after; undefined where it is not there. */
export interface FieldChange {
    readonly path: string;
    readonly from?: unknown;
    readonly to?: unknown;
}

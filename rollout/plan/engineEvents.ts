/** What the engine would do with a resource. */
export interface StepMetadata {
    op: string;
    urn: string;
    type: string;
    old?: RawState | null;
    new?: RawState | null;
    keys?: string[];
    diffs?: string[];
}

/** A resource, secrets included. */
export interface RawState {
    inputs?: Record<string, unknown> | undefined;
    outputs?: Record<string, unknown> | undefined;
    parent?: string | undefined;
    id?: string;
    /** The URN of what makes it, with the id behind it. */
    provider?: string | undefined;
}

/** What the program, a provider or the engine says. */
export interface DiagnosticEvent {
    severity: string;
    message: string;
    urn?: string;
}

/** What a policy says. */
export interface RawPolicyEvent {
    resourceUrn?: string;
    message: string;
    policyName: string;
    policyPackName: string;
    enforcementLevel: string;
}

/** One of the engine's events, as far as it is read. */
export interface EngineEvent {
    preludeEvent?: { config?: Record<string, string> };
    resourcePreEvent?: { metadata: StepMetadata };
    policyEvent?: RawPolicyEvent;
    diagnosticEvent?: DiagnosticEvent;
    summaryEvent?: { result?: string };
}

/** One line of the stream; undefined where it is no event (P#19775). */
export function parsed(text: string): EngineEvent | undefined {
    if (!text.startsWith("{")) return undefined;
    try {
        return JSON.parse(text) as EngineEvent;
    } catch {
        return undefined;
    }
}

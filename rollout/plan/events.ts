import type { Finding } from "../../components/traffic/judge/findings";
import { asWorld } from "../../components/traffic/world/engineValues";
import { appliedBody } from "../../components/traffic/world/state";
import type { Body } from "../../components/traffic/world/values";
import { type DiagnosticEvent, parsed, type RawPolicyEvent, type RawState, type StepMetadata } from "./engineEvents";
import { plain } from "./plainValues";

/** A resource as an event has it. */
export interface ResourceState {
    /** Its inputs as people may see them: without secrets. */
    readonly inputs: Readonly<Record<string, unknown>>;
    /** The same as they are judged. */
    readonly body: Body;
    readonly parent?: string | undefined;
    readonly id?: string | undefined;
    /** The name of the provider that makes it: of several clusters, which one. */
    readonly provider?: string | undefined;
}

/** What a preview would do with one resource. */
export interface Change {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    /** same, create, update, delete, replace, create-replacement, delete-replaced, read, refresh, import, … */
    readonly op: string;
    readonly old?: ResourceState | undefined;
    readonly new?: ResourceState | undefined;
    /** What makes a replacement necessary. */
    readonly replaceKeys: readonly string[];
}

/** What a policy says of a resource, or of the whole stack. */
export interface PolicyEvent {
    readonly policy: string;
    readonly pack: string;
    readonly level: "advisory" | "mandatory";
    readonly message: string;
    /** The resource's name, where it is about one. */
    readonly resource?: string | undefined;
}

/** An error or a warning of the program, of a hook, or of the engine. */
export interface Diagnostic {
    readonly severity: "error" | "warning" | "info";
    readonly message: string;
    readonly resource?: string | undefined;
}

/** All that a preview said. */
export interface Preview {
    readonly config: Readonly<Record<string, string>>;
    readonly changes: readonly Change[];
    readonly policies: readonly PolicyEvent[];
    readonly diagnostics: readonly Diagnostic[];
    /** What the hooks of its splits have found. */
    readonly findings: readonly Finding[];
    /** Whether it got to its end without an error; what it says is incomplete otherwise. */
    readonly succeeded: boolean;
}

/** Who is told of a preview while it runs. */
export interface Watch {
    /** Called when Pulumi has been started. */
    started?(): void;
    /** Called with each resource as soon as the engine looks at it. */
    changed?(change: Change): void;
}

/** Puts a preview together from the engine's events, line by line, as they come. */
export class EventReader {
    private config: Record<string, string> = {};
    private readonly changes = new Map<string, Change>();
    private readonly policies: PolicyEvent[] = [];
    private readonly diagnostics: Diagnostic[] = [];
    private result: string | undefined;
    private readonly other: string[] = [];

    constructor(private readonly watch: Watch = {}) {}

    /** Takes one line; one that is no event (P#19775) is kept for the error message. */
    line(text: string): void {
        const event = parsed(text);
        if (!event) {
            if (text.trim()) this.other.push(text);
            return;
        }
        if (event.preludeEvent) this.config = event.preludeEvent.config ?? {};
        if (event.resourcePreEvent) this.change(event.resourcePreEvent.metadata);
        if (event.policyEvent) this.policies.push(policyOf(event.policyEvent));
        if (event.diagnosticEvent) this.diagnostic(event.diagnosticEvent);
        if (event.summaryEvent) this.result = event.summaryEvent.result ?? "succeeded";
    }

    /**
     * @param exitCode how the program ended, and what it wrote beside its events.
     * @param findings what hooks have found.
     */
    preview(exitCode: number | undefined, complaints = "", findings: readonly Finding[] = []): Preview {
        const succeeded = exitCode === 0 && this.result !== "failed";
        const said =
            this.diagnostics.some(({ severity }) => severity === "error") ||
            this.policies.length > 0 ||
            findings.length > 0;
        const words = [...this.other, complaints].join("\n").trim();
        const more: Diagnostic[] =
            succeeded || said ? [] : [{ severity: "error", message: words || `pulumi preview ended with ${exitCode}` }];
        return {
            config: this.config,
            changes: [...this.changes.values()],
            policies: this.policies,
            diagnostics: [...this.diagnostics, ...more],
            findings,
            succeeded,
        };
    }

    private change({ op, urn, type, old, new: next, keys, diffs }: StepMetadata): void {
        // A replacement is told in three steps; the first two have both sides.
        if (op === "create-replacement" || op === "delete-replaced") {
            if (this.changes.get(urn)?.op === "replace") return;
        }
        const change: Change = {
            urn,
            type,
            name: nameOf(urn),
            op: op === "create-replacement" || op === "delete-replaced" ? "replace" : op,
            old: stateOf(old),
            new: stateOf(next),
            replaceKeys: op === "replace" || op === "create-replacement" ? (keys ?? diffs ?? []) : [],
        };
        this.changes.set(urn, change);
        this.watch.changed?.(change);
    }

    private diagnostic({ severity, message, urn }: DiagnosticEvent): void {
        if (severity !== "error" && severity !== "warning" && severity !== "info") return;
        const text = message.replace(/<\{%.*?%\}>/g, "").trim();
        // What the engine adds to every failure says nothing that is not said already.
        if (text === "" || /^(error: )?(preview|update) failed$/.test(text)) return;
        this.diagnostics.push({ severity, message: text, resource: urn ? nameOf(urn) : undefined });
    }
}

/** The last part of a URN. */
export function nameOf(urn: string): string {
    return urn.split("::").at(-1) ?? urn;
}

/** What there is before an update. */
export function oldOf({ op, old }: Change): ResourceState | undefined {
    return op === "create" ? undefined : old;
}

/** What there shall be after it. */
export function newOf({ op, new: next }: Change): ResourceState | undefined {
    return op === "delete" ? undefined : next;
}

/** A resource of what the engine has of it. */
export function resourceState({ inputs = {}, outputs, parent, id, provider }: RawState): ResourceState {
    return {
        inputs: plain(inputs) as Record<string, unknown>,
        body: appliedBody(asWorld(inputs), asWorld(outputs)) as Body,
        parent: parent || undefined,
        id,
        provider: provider?.split("::").at(-2),
    };
}

function stateOf(raw: RawState | null | undefined): ResourceState | undefined {
    return raw ? resourceState(raw) : undefined;
}

function policyOf(event: RawPolicyEvent): PolicyEvent {
    return {
        policy: event.policyName,
        pack: event.policyPackName,
        level: event.enforcementLevel === "mandatory" ? "mandatory" : "advisory",
        message: event.message.replace(/<\{%.*?%\}>/g, "").trim(),
        resource: event.resourceUrn ? nameOf(event.resourceUrn) : undefined,
    };
}

import type { Edge } from "./edge";
import type { Window } from "../../rollout/load/protocol";
import type { StackOutputs } from "./outputs";

/** The release that a document tells, as steps of the stack's config. */
export interface Story {
    /** The system, as `upshift:system` names it. */
    readonly system: string;
    /** The services whose split is measured after each step. */
    readonly services: readonly string[];
    /** What the load asks for; it goes on through all steps. */
    readonly entry: (outputs: StackOutputs) => Promise<Entry>;
    /** Whether the embedded cluster needs a MySQL database beside it. */
    readonly database?: boolean;
    /** The config from which the story begins, also when it is told again. */
    readonly beginning: StoryStep;
    readonly steps: readonly StoryStep[];
    /** Config that makes the story quicker to tell in a test, where it waits or has many pods. */
    readonly shortened?: StoryStep["config"];
}

/** The requests of the load. */
export interface Entry {
    readonly path: string;
    readonly headers: Record<string, string>;
}

/** One `pulumi up`. */
export interface StoryStep {
    readonly title: string;
    /** Config by path (`weights.review.v2`): set, or taken away where it is undefined. */
    readonly config: Readonly<Record<string, string | number | boolean | undefined>>;
    /** Requests of testers beside the load, who must meet what the header says. */
    readonly testers?: Readonly<Record<string, string>>;
    /** What the load's own measurement after the step must show before the next one is made; else the story ends here. */
    readonly look?: (after: Window) => Check[];
    /** What the document looks at while the step is made. */
    readonly watch?: (scene: Scene) => Watch;
    /** What the document expects beside shares. */
    readonly checks?: (scene: Scene) => Promise<Check[]>;
}

/** A look that goes on while a step is made. */
export interface Watch {
    /** Ends it, and tells what was seen. */
    end(): Promise<Check[]>;
}

/** Where a check looks. */
export interface Scene {
    readonly stack: string;
    readonly outputs: StackOutputs;
    readonly edge: Edge;
}

/** One expectation of the document. */
export interface Check {
    /** A sentence of what should hold. */
    readonly name: string;
    readonly ok: boolean;
    /** What was seen. */
    readonly detail: string;
}

import type { World } from "../world/world";

/** The worlds before and after a step. */
export type Worlds = Pick<Step, "before" | "after">;

/** A step as one place sees what is before it: the state of the stack, or the cluster. */
export interface Step {
    readonly readFrom: "state" | "cluster";
    readonly before: World;
    readonly after: World;
}

import { shop } from "./shop";
import type { Program } from "./surroundings";
import { tiers } from "./tiers";

export type { Program, Surroundings, SystemOutputs } from "./surroundings";

/** What makes each system, by the name that `upshift:system` gives it. */
export const programs: Readonly<Record<string, Program>> = { shop, tiers };

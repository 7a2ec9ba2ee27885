import { notifications } from "./notifications";
import { shop } from "./shop";
import { stages } from "./stages";
import type { Program } from "./surroundings";
import { tiers } from "./tiers";
import { workshop } from "./workshop";

export type { Program, Surroundings, SystemOutputs } from "./surroundings";

/** What makes each system, by the name that `upshift:system` gives it. */
export const programs: Readonly<Record<string, Program>> = { shop, tiers, workshop, stages, notifications };

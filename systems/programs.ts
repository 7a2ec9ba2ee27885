import { notifications } from "./notifications/program";
import { shop } from "./shop/program";
import { stages } from "./stages/program";
import type { Program } from "./program/surroundings";
import { tiers } from "./tiers/program";
import { workshop } from "./workshop/program";

export type { Program, Surroundings, SystemOutputs } from "./program/surroundings";

/** What makes each system, by the name that `upshift:system` gives it. */
export const programs: Readonly<Record<string, Program>> = { shop, tiers, workshop, stages, notifications };

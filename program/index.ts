import { shop } from "./shop";
import { stages } from "./stages";
import type { Program } from "./surroundings";
<<<<<<< HEAD
import { tiers } from "./tiers";
=======
import { workshop } from "./workshop";
>>>>>>> refs/h/stages

export type { Program, Surroundings, SystemOutputs } from "./surroundings";

/** What makes each system, by the name that `upshift:system` gives it. */
<<<<<<< HEAD
export const programs: Readonly<Record<string, Program>> = { shop, tiers };
=======
export const programs: Readonly<Record<string, Program>> = { shop, workshop, stages };
>>>>>>> refs/h/stages

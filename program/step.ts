import type { StepArgs } from "../components";
import type { ServiceSettings, Settings } from "../config/read";

/** How far one step of a service may go, as the config has it. */
export function stepOf({ limits }: Settings, { stable, blueGreen }: ServiceSettings): StepArgs {
    return { limits, stable, blueGreen };
}

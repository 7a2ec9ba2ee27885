import type { StepArgs } from "../../components";
import type { ServiceSettings, Settings } from "../config/read";
import { knownSystems } from "../systems";

/** How far one step of a service may go, as the config has it. What belongs to one system is judged together. */
export function stepOf({ limits }: Settings, { name, stable, blueGreen, inPlace }: ServiceSettings): StepArgs {
    const system = knownSystems.find(({ services }) => services.some((service) => service.name === name));
    return { limits, stable, blueGreen, inPlace, ...(system && { group: system.name }) };
}

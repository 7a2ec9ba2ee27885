import type { KnownService, KnownSystem } from "./known";
import { notifications } from "./notifications/system";
import { shop } from "./shop/system";
import { tiers } from "./tiers/system";
import { stages } from "./stages/system";
import { workshop } from "./workshop/system";

export type { KnownService, KnownSystem } from "./known";

/** Every system that `upshift:system` can name. Their services have different names, so that several systems share one config. */
export const knownSystems: readonly KnownSystem[] = [shop, tiers, workshop, stages, notifications];

/** The system with this name. @throws when there is none */
export function systemNamed(name: string): KnownSystem {
    const system = knownSystems.find((known) => known.name === name);
    if (!system)
        throw new Error(
            `No system is called ${name}; there are ${knownSystems.map((known) => known.name).join(", ")}.`,
        );
    return system;
}

/** The services of some systems, in their order. */
export function servicesOf(systems: readonly KnownSystem[]): KnownService[] {
    return systems.flatMap((system) => system.services);
}

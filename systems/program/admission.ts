import { StepAdmission } from "../../components";
import { ServiceStrategy } from "../../components/traffic/split/strategy";
import type { Settings } from "../config/read";
import { knownSystems } from "../systems";
import type { Surroundings, SystemOutputs } from "./surroundings";

/**
 * Has the API server hold to the limits, too, where the config wants it: for every service of strategy `mesh`, whose routes
 * name the versions by themselves.
 */
export function admission(
    { guards, limits, services }: Settings,
    { opts }: Surroundings,
    systems: readonly (readonly [string, SystemOutputs])[],
): void {
    if (!guards.admission) return;
    for (const [system, { routesIn }] of systems) {
        const known = knownSystems.find(({ name }) => name === system)?.services ?? [];
        const guarded = known.flatMap(({ name }) => services[name] ?? []).filter(isByMesh);
        if (routesIn === undefined || guarded.length === 0) continue;
        const stable = Object.fromEntries(guarded.map((service) => [service.name, service.stable]));
        new StepAdmission(system, { namespace: routesIn, stable, limits }, opts);
    }
}

function isByMesh({ strategy }: { readonly strategy?: ServiceStrategy | undefined }): boolean {
    return strategy === ServiceStrategy.Mesh;
}

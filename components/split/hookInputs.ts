import type { DestinationRuleSpec, VirtualServiceSpec } from "../traffic/world/istio";
import type { VersionName } from "../traffic/split/weights";

/** What a hook is told, as far as a guard reads it. */
export interface Change {
    readonly oldInputs?: unknown;
    readonly newInputs?: unknown;
}

/** An object's place and spec; its namespace is undefined while it is not known yet. */
export function placeOf(inputs: unknown): { namespace?: string; name: string; spec: unknown } {
    const { metadata, spec } = (inputs ?? {}) as { metadata?: { namespace?: unknown; name?: unknown }; spec?: unknown };
    const { namespace, name } = metadata ?? {};
    return {
        namespace: typeof namespace === "string" ? namespace : undefined,
        name: typeof name === "string" ? name : "",
        spec,
    };
}

/** The same of a VirtualService. */
export function routesOf(inputs: unknown): { namespace?: string; spec: VirtualServiceSpec } {
    return placeOf(inputs) as { namespace?: string; spec: VirtualServiceSpec };
}

/** The subsets that a DestinationRule has no more, or with other labels. */
export function lostSubsets(oldInputs: unknown, newInputs: unknown): VersionName[] {
    const [before, after] = [oldInputs, newInputs].map((inputs) => placeOf(inputs).spec as DestinationRuleSpec);
    return (before?.subsets ?? [])
        .filter(({ name, labels }) => {
            const same = after?.subsets?.find((subset) => subset.name === name);
            return !same || JSON.stringify(same.labels) !== JSON.stringify(labels);
        })
        .map(({ name }) => name);
}

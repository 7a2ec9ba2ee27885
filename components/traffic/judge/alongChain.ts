import type { AppliedTraffic, ServiceTraffic } from "./serviceTraffic";
import { type VersionName, weightOf, type Weights } from "../split/weights";

/** Services that one weight at the edge moves as one. */
export interface Chain {
    readonly name: string;
    readonly services: readonly string[];
}

/**
 * What is applied, for a step that may hand the decision over: from the services to the edge, or back, also where that was tried
 * and only half done. Whom the one has moved is compared with what the other proposes.
 *
 * @param proposed with the chain's own traffic where the edge is to decide.
 */
export function alongChain(
    { name, services }: Chain,
    applied: readonly AppliedTraffic[],
    proposed: readonly ServiceTraffic[],
): AppliedTraffic[] {
    const willDecide = proposed.some(({ service }) => service === name);
    const serving = (["state", "cluster"] as const).flatMap((place) => {
        const here = applied.filter(({ readFrom }) => readFrom === place);
        const decision = here.find(({ service }) => service === name);
        const own = here.filter(({ service }) => services.includes(service));
        const met = own.map((view) => (decision && view.inChain ? { ...view, weights: decision.weights } : view));
        if (willDecide) return met.length > 0 ? [asOne(name, met)] : [];
        return met.filter((view) => !own.includes(view));
    });
    return [...applied, ...serving];
}

/** What a request meets that passes all of them: of a version no more than the least of their shares is sure. */
function asOne(name: string, [first, ...others]: readonly AppliedTraffic[]): AppliedTraffic {
    if (!first) throw new Error("A chain has no services.");
    const all = [first, ...others];
    return {
        service: name,
        readFrom: first.readFrom,
        weights: leastOf(all.map(({ weights }) => weights)),
        reachableByHeader: first.reachableByHeader.filter((version) =>
            all.every((view) => view.reachableByHeader.includes(version)),
        ),
    };
}

function leastOf(all: readonly Weights[]): Weights {
    const versions: VersionName[] = [...new Set(all.flatMap((weights) => Object.keys(weights)))];
    return Object.fromEntries(
        versions.map((version) => [version, Math.min(...all.map((weights) => weightOf(weights, version)))]),
    );
}

import { versionOf } from "../../../components/traffic/split/destinations";
import { isInChain, weightedIn, weightsIn } from "../../../components/traffic/split/routes";
import type { VirtualServiceSpec } from "../../../components/traffic/world/istio";
import { Refused } from "../../../cluster/refused";
import type { ReleasedService } from "../service";
import type { Leaving } from "./drain";

/**
 * The versions that have no users after a release: the one that was stable, what it was compared with, and those that earlier releases
 * have left.
 *
 * @param to the version that has all users.
 * @param noted those that the config has as left, with commas between.
 */
export function previousOf(
    { weights, stable }: Pick<ReleasedService, "weights" | "stable">,
    to: string,
    { noted = "", baseline }: { readonly noted?: string | undefined; readonly baseline?: string | undefined },
): string[] {
    const all = [...noted.split(",").map((one) => one.trim()), stable, baseline ?? ""];
    return [...new Set(all)].filter((version) => version !== to && version in weights);
}

/**
 * @param besides only what leads there beside its share, which may have to follow still.
 * @throws where routes lead anybody to a version that is to go, with what leads there; nothing is changed then
 */
export function refuseWhereLed(
    leaving: readonly Leaving[],
    { where, again, besides = false }: { readonly where: string; readonly again: string; readonly besides?: boolean },
): void {
    const found = leaving.flatMap(({ service, versions, served }) =>
        versions.flatMap((version) =>
            waysTo(served, version, besides).map((way) => ({
                service,
                words: `${way} leads to ${version} of ${service}`,
            })),
        ),
    );
    const [first] = found;
    if (!first) return;
    throw new Refused({
        what: `What somebody is led to is not taken away: ${found.map(({ words }) => words).join("; ")}.`,
        fix: `lead them elsewhere, see npx upshift route ${first.service}${where}, then pulumi up and: ${again}`,
    });
}

/** What leads to a version in a service's own routes: a share, a rule above the weights, copies. That of a chain names every version. */
function waysTo(
    { routes, mirror }: Pick<ReleasedService, "routes" | "mirror">,
    version: string,
    besides: boolean,
): string[] {
    const spec = routes.body.spec as unknown as VirtualServiceSpec;
    const decides = weightedIn(spec);
    const share = weightsIn(spec)[version] ?? 0;
    const rules = (spec.http ?? []).filter((rule) => rule !== decides && !isInChain({ http: [rule] }));
    const leading = rules.filter(({ route }) => route.some((one) => versionOf(one) === version));
    return [
        ...(share > 0 && !besides ? [`a share of ${share} %`] : []),
        ...leading.map(({ name }) => (name === undefined ? "a rule" : `the rule ${name}`)),
        ...(mirror?.to === version ? ["the mirror"] : []),
    ];
}

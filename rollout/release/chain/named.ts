import { isInChain } from "../../../components/traffic/split/routes";
import type { VirtualServiceSpec } from "../../../components/traffic/world/istio";
import { UserError } from "../../../components/userError";
import { applied, type Applied } from "../../applied";
import { appliedSplit, type Split, splitNamed, splitsOf } from "../../splits";
import { routesOf } from "../service";
import { decidingRule, edgeOf, undecided } from "./chain";

/**
 * The chains of which services are part, each once; the name of a chain stands for itself.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when the stack has no such service, or its edge decides for nobody.
 */
export async function chainsOf(names: readonly string[], stack: string, folder?: string): Promise<string[]> {
    const state = await applied(stack, folder);
    const splits = splitsOf(stack, state);
    return [...new Set(names.map((name) => chainIn(state, splits, splitNamed(splits, name, stack))))];
}

/**
 * What a word to a release of a service is said to: of a service that goes by the word of an edge the chain, which is what is moved; else
 * the service itself.
 *
 * @param folder as for `chainsOf`.
 * @throws when the stack has no such service, or the edge of its chain is not there.
 */
export async function movedAs(name: string, stack: string, folder?: string): Promise<string> {
    const { state, split } = await appliedSplit(stack, name, folder);
    const routes = split.by === "mesh" ? routesOf(state.objects, split) : undefined;
    const spec = routes?.body.spec as unknown as VirtualServiceSpec | undefined;
    return routes && spec && !decidingRule(spec) && isInChain(spec) ? edgeOf(name, routes, state.objects) : name;
}

/** The chain of which one service is part, of a state that was read already. @throws as `chainsOf` does */
export function chainIn({ objects }: Pick<Applied, "objects">, splits: readonly Split[], split: Split): string {
    const { service } = split;
    const routes = routesOf(objects, split);
    const spec = routes.body.spec as unknown as VirtualServiceSpec;
    if (decidingRule(spec)) return service;
    if (isInChain(spec)) return edgeOf(service, routes, objects);
    // Perhaps it is one whose edge is there, and does not decide yet.
    const edges = splits.filter((one) => one.by === "mesh").map((one) => ({ one, at: routesOf(objects, one) }));
    const [why] = edges.flatMap(({ one, at }) => undecided(one.service, at, objects) ?? []);
    if (why) throw why;
    throw new UserError({
        what: `${service} is part of no chain: no edge decides for it.`,
        fix: `leave out --chain: npx upshift release ${service}`,
    });
}

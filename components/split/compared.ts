import type { ClusterAccess } from "../mesh/client";
import type { Step } from "../traffic/judge/step";
import { identityOf, type Placed } from "../traffic/world/objects";
import { routesIn } from "../traffic/world/virtualServices";
import { holdsAll } from "../traffic/world/workloads";
import { overlay, stateWorld, type World } from "../traffic/world/world";
import { type ForeignEdit, foreignEdits, type SortedEdits, sortedEdits, withAdopted } from "./foreignEdits";
import type { Proposals } from "./proposals";
import type { Views } from "./views";

/** What the step of one run is judged by: all that it proposes, over what it found applied when it began. */
export class Compared {
    private readonly accesses: Promise<ClusterAccess | undefined>[] = [];
    private foreign?: Promise<{ found: ForeignEdit[]; live?: World }> | undefined;

    /** @param warn says something, once. */
    constructor(
        private readonly views: Views,
        private readonly proposals: Proposals,
        private readonly warn: (text: string) => Promise<void>,
    ) {}

    /** Takes note of how the cluster is reached. */
    reach(access: Promise<ClusterAccess | undefined>): void {
        // Why it can't be known is told where it is asked for.
        access.catch(() => undefined);
        this.accesses.push(access);
    }

    /** The first cluster that a component's provider tells of. */
    async access(): Promise<ClusterAccess | undefined> {
        for (const one of this.accesses) {
            const access = await one;
            if (access) return access;
        }
        return undefined;
    }

    /** What the cluster has, or why that can't be read; undefined where none is known. */
    async live(): Promise<World | Error | undefined> {
        const access = await this.access();
        return access && (await this.views.live(access));
    }

    /** Lets the cluster be read anew, with what others have written there. */
    forget(): void {
        this.views.forgetLive();
        this.foreign = undefined;
    }

    /** What others have written since the last update: what nobody has decided on yet, and what the config has taken over. */
    async edits(own: Placed): Promise<SortedEdits> {
        const { found, live } = await (this.foreign ??= this.readEdits());
        if (!live || found.length === 0) return { open: [], adopted: [] };
        return sortedEdits(found, live, [...(await this.proposals.settled()), own]);
    }

    /** The step over each view of what is applied. Of the resource itself the hook's old inputs are the state: a refresh may have brought them up to date. */
    async steps(own: Placed, inputs: Placed | undefined, adopted: readonly ForeignEdit[]): Promise<Step[]> {
        const live = await this.live();
        const [before] = withAdopted(inputs ? [inputs] : [], adopted);
        const all = withAdopted(await this.views.state(), adopted);
        const state = all.filter((one) => one.urn !== own.urn || !before);
        const known = live instanceof Error ? undefined : live;
        if (live instanceof Error)
            await this.warn(
                `what the cluster has can't be read: ${live.message}; the step is judged by the state alone`,
            );
        const applied = stateWorld(before ? [...state, before] : state, known);
        const proposed = [...(await this.proposals.settled()), own];
        const gone = replacedBy(proposed, [...state, ...(before ? [before] : [])]);
        const after = (world: World): World => overlay(world, proposed, gone);
        return [
            { readFrom: "state", before: applied, after: after(applied) },
            ...(known ? [{ readFrom: "cluster" as const, before: known, after: after(known) }] : []),
        ];
    }

    /** Whether the state has of a resource what the hook has. */
    async isInState(own: Placed, before: Placed | undefined): Promise<boolean> {
        const applied = await this.views.stateAt(own.urn);
        if (!before || !applied) return before === applied;
        const isSame = identityOf(applied) === identityOf(before) && identityOf(own) === identityOf(before);
        return isSame && holdsAll(applied.body, { metadata: before.body.metadata, spec: before.body.spec });
    }

    /** As all was when the run began: later the cluster has what this run has made. */
    private async readEdits(): Promise<{ found: ForeignEdit[]; live?: World }> {
        const live = await this.live();
        if (!live || live instanceof Error) return { found: [] };
        return { found: foreignEdits(await this.views.state(), live), live };
    }
}

/** Objects of the state in whose place a proposal stands under another name: for the same hosts, or the same resource. */
function replacedBy(proposed: readonly Placed[], state: readonly Placed[]): Set<string> {
    const kept = new Set(proposed.map(identityOf));
    const urns = new Set(proposed.flatMap(({ urn }) => urn ?? []));
    const claimed = new Set(routesIn(proposed.filter(isRoutes)).flatMap(claims));
    const gone = state.filter(
        (one) =>
            !kept.has(identityOf(one)) &&
            ((one.urn !== undefined && urns.has(one.urn)) ||
                (isRoutes(one) &&
                    routesIn([one])
                        .flatMap(claims)
                        .some((claim) => claimed.has(claim)))),
    );
    return new Set(gone.map(identityOf));
}

/** Whether an object is routes. */
export function isRoutes({ kind }: Placed): boolean {
    return kind === "VirtualService";
}

/** What a VirtualService decides: each of its hosts at each of its gateways. */
function claims({ hosts, entries }: ReturnType<typeof routesIn>[number]): string[] {
    return hosts.flatMap((host) => entries.map((entry) => `${host} ${entry}`));
}

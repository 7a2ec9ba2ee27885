import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import type { Change } from "../traffic/effect/changes";
import type { Finding } from "../traffic/judge/findings";
import { judge, type Judgement } from "../traffic/judge/judge";
import type { Step } from "../traffic/judge/step";
import type { StepLimits } from "../traffic/judge/limits";
import { movesIn } from "../traffic/effect/moves";
import { describeFindings } from "../traffic/judge/words";
import { identityOf, type Placed } from "../traffic/world/objects";
import { once } from "../traffic/world/once";
import { routesIn } from "../traffic/world/virtualServices";
import { holdsAll } from "../traffic/world/workloads";
import { overlay, stateWorld, type World } from "../traffic/world/world";
import type { ClusterAccess } from "../mesh/client";
import {
    driftFindings,
    type ForeignEdit,
    foreignEdits,
    type SortedEdits,
    sortedEdits,
    withAdopted,
} from "./foreignEdits";
import { objectOf } from "./plainInputs";
import { Proposals } from "./proposals";
import type { Views } from "./views";

/** The variable with the file to which findings are written for whoever started Pulumi, a line of JSON each time. */
export const findingsVariable = "UPSHIFT_FINDINGS";

/**
 * Judges the step of one run: what was applied when the run began against all that its components propose, whatever of it is
 * written first. So a step that is too large is refused before any part of it is applied, and again when it is tried again.
 */
export class Guard {
    private readonly proposals = new Proposals();
    private readonly accesses: Promise<ClusterAccess | undefined>[] = [];
    private limits: StepLimits = {};
    private foreign?: Promise<{ found: ForeignEdit[]; live?: World }> | undefined;
    private told = new Set<string>();
    private announced?: readonly Change[];
    /** Whether a hook has asked. */
    private isAsked = false;
    /** What is judged before a hook asks, since when, in milliseconds since 1970. */
    private ahead?: { readonly since: number; readonly judged: Promise<void> };
    private judged?: { proposed: readonly Placed[]; live?: World | Error | undefined; judgement: Judgement };

    /** @param views what the run finds applied, read once for all who ask. */
    constructor(private readonly views: Views) {}

    /** Takes note of what a component proposes. Later the state has what this run has made already, so it is read now. */
    propose(objects: readonly Promise<Placed | undefined>[]): void {
        this.views.state().catch(() => undefined);
        this.proposals.add(objects);
    }

    /** Takes note of how the cluster is reached, and of the limits that hold where none are applied yet. */
    know(access: Promise<ClusterAccess | undefined> | undefined, limits: StepLimits): void {
        // Why it can't be known is told where it is asked for.
        access?.catch(() => undefined);
        if (access) this.accesses.push(access);
        this.limits = { ...limits, ...this.limits };
    }

    /** @throws with every finding, when a resource may not become what is asked for. */
    async judge({ urn, type, oldInputs, newInputs }: pulumi.ResourceHookArgs, service: string): Promise<void> {
        const own = await objectOf(type, newInputs, urn);
        if (!own) return;
        this.beAsked();
        // What was imported and never applied has no inputs but its name: what the state has of it, as it was read, counts.
        const inputs = await objectOf(type, oldInputs, urn);
        const before = inputs?.body.spec === undefined ? undefined : inputs;
        this.proposals.note(own, await this.views.state());
        const judged = await this.judgementOf(own, before);
        if (pulumi.runtime.isDryRun()) await this.announce(judged.changes);
        refuse(judged.findings, service);
        if (!pulumi.runtime.isDryRun()) await this.noteBrokenGlass(own, service);
    }

    /**
     * Judges the run's step before a hook asks, which then finds it judged, as long as no more is proposed meanwhile. Once, whoever
     * calls: it is the same step for all.
     *
     * @param own as a component proposes it, with its URN.
     * @param before what the state has of it.
     * @param begun what goes on elsewhere once it has begun: while a step is judged, nothing else begins here.
     */
    judgeAhead(own: Placed, before: Placed, begun?: Promise<unknown>): Promise<void> {
        this.ahead ??= { since: Date.now(), judged: this.judgedAhead(own, before, begun) };
        return this.ahead.judged;
    }

    private async judgedAhead(own: Placed, before: Placed, begun?: Promise<unknown>): Promise<void> {
        const live = this.access().then((access) => access && this.views.live(access));
        await Promise.all([live, this.proposals.complete(), begun]);
        if (this.isAsked) return;
        const { open, adopted } = await this.edits(own);
        if (open.length === 0) await this.stepJudged(own, before, adopted);
    }

    /** Takes note of a run's first hook. What was read for it long before is left to be read anew: it has waited for another resource. */
    private beAsked(): void {
        if (!this.isAsked && this.ahead && Date.now() - this.ahead.since > aheadHolds) {
            this.views.forgetLive();
            this.foreign = undefined;
        }
        this.isAsked = true;
    }

    /** Says that somebody went beyond the limits, and why. */
    private async noteBrokenGlass(own: Placed, service: string): Promise<void> {
        const access = await this.access();
        const live = access && isRoutes(own) ? await this.views.live(access) : undefined;
        if (!access || !live || live instanceof Error) return;
        const { noteBrokenGlass } = await import("../mesh/breakGlass");
        const same = byIdentity(live).get(identityOf(own));
        for (const note of await noteBrokenGlass(access, same ? [same] : []))
            await pulumi.log.warn(`${service}: ${note}`);
    }

    /** The first cluster that a component's provider tells of. */
    private async access(): Promise<ClusterAccess | undefined> {
        for (const one of this.accesses) {
            const access = await one;
            if (access) return access;
        }
        return undefined;
    }

    private async judgementOf(own: Placed, before: Placed | undefined): Promise<Judgement> {
        const { open, adopted } = await this.edits(own);
        // Before anything else: what somebody else has done is not to be measured as if it were this step.
        if (open.length > 0)
            return {
                findings: driftFindings(open, { project: pulumi.getProject(), stack: pulumi.getStack() }),
                changes: [],
            };
        const found = await this.stepJudged(own, before, adopted);
        if (!found.findings.some(({ code }) => code === "switch-pods")) return found;
        // The pods that a switch needs may have come in this very run.
        this.views.forgetLive();
        return this.stepJudged(own, before, adopted);
    }

    /**
     * The step as a whole is the same for each of its resources that is registered as it was proposed, over what the state has of it.
     * So a deployment of many services is judged once, and not once for each of their resources.
     */
    private async stepJudged(
        own: Placed,
        before: Placed | undefined,
        adopted: readonly ForeignEdit[],
    ): Promise<Judgement> {
        const proposed = await this.proposals.settled();
        const access = await this.access();
        const live = access && (await this.views.live(access));
        const isWhole = adopted.length === 0 && this.proposals.has(own) && (await this.isInState(own, before));
        const { judged } = this;
        if (isWhole && judged?.proposed === proposed && judged.live === live) return judged.judgement;
        const judgement = judge(await this.steps(own, before, adopted), this.limits);
        if (isWhole) this.judged = { proposed, live, judgement };
        return judgement;
    }

    /** Whether the state has of a resource what the hook has. */
    private async isInState(own: Placed, before: Placed | undefined): Promise<boolean> {
        const applied = await this.views.stateAt(own.urn);
        if (!before || !applied) return before === applied;
        const isSame = identityOf(applied) === identityOf(before) && identityOf(own) === identityOf(before);
        return isSame && holdsAll(applied.body, { metadata: before.body.metadata, spec: before.body.spec });
    }

    /** What others have written since the last update: what nobody has decided on yet, and what the config has taken over. */
    private async edits(own: Placed): Promise<SortedEdits> {
        const { found, live } = await (this.foreign ??= this.readEdits());
        if (!live || found.length === 0) return { open: [], adopted: [] };
        return sortedEdits(found, live, [...(await this.proposals.settled()), own]);
    }

    /** As all was when the run began: later the cluster has what this run has made. */
    private async readEdits(): Promise<{ found: ForeignEdit[]; live?: World }> {
        const access = await this.access();
        const live = access && (await this.views.live(access));
        if (!live || live instanceof Error) return { found: [] };
        return { found: foreignEdits(await this.views.state(), live), live };
    }

    /** The step over each view of what is applied. Of the resource itself the hook's old inputs are the state: a refresh may have brought them up to date. */
    private async steps(own: Placed, inputs: Placed | undefined, adopted: readonly ForeignEdit[]): Promise<Step[]> {
        const access = await this.access();
        const live = access && (await this.views.live(access));
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

    /** Says in one line who moves, once for each service. A step as a whole is the same for each of its resources. */
    private async announce(changes: readonly Change[]): Promise<void> {
        if (this.announced === changes) return;
        this.announced = changes;
        for (const line of movesIn(changes)) await this.once(line, () => pulumi.log.info(line));
    }

    private warn(text: string): Promise<void> {
        return this.once(text, () => pulumi.log.warn(text));
    }

    private async once(text: string, say: () => Promise<void>): Promise<void> {
        if (this.told.has(text)) return;
        this.told.add(text);
        await say();
    }
}

/** For how long what was read ahead of a hook holds for it, in milliseconds. */
const aheadHolds = 10_000;

const byIdentity = once(({ objects }: World) => new Map(objects.map((one) => [identityOf(one), one])));

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

function isRoutes({ kind }: Placed): boolean {
    return kind === "VirtualService";
}

/** What a VirtualService decides: each of its hosts at each of its gateways. */
function claims({ hosts, entries }: ReturnType<typeof routesIn>[number]): string[] {
    return hosts.flatMap((host) => entries.map((entry) => `${host} ${entry}`));
}

/** Its own findings first; where only others' are found, the step as a whole is not made either. */
function refuse(findings: readonly Finding[], service: string): void {
    if (findings.length === 0) return;
    const file = process.env[findingsVariable];
    if (file) fs.appendFileSync(file, `${JSON.stringify({ findings })}\n`);
    const isOwn = (one: Finding): boolean => one.service === service || (one.services?.includes(service) ?? false);
    const sorted = [...findings.filter(isOwn), ...findings.filter((one) => !isOwn(one))];
    throw new Error(`this step is refused:\n${describeFindings(sorted)}`);
}

import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import type { ClusterAccess } from "../mesh/client";
import type { Change } from "../traffic/effect/changes";
import { movesIn } from "../traffic/effect/moves";
import type { Finding } from "../traffic/judge/findings";
import { judge, type Judgement } from "../traffic/judge/judge";
import type { StepLimits } from "../traffic/judge/limits";
import { describeFindings } from "../traffic/judge/words";
import { identityOf, type Placed } from "../traffic/world/objects";
import { once } from "../traffic/world/once";
import type { World } from "../traffic/world/world";
import { Compared, isRoutes } from "./compared";
import { driftFindings, type ForeignEdit } from "./foreignEdits";
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
    private readonly compared: Compared;
    private limits: StepLimits = {};
    private told = new Set<string>();
    private announced?: readonly Change[];
    /** Whether a hook has asked. */
    private isAsked = false;
    /** What is judged before a hook asks, since when, in milliseconds since 1970. */
    private ahead?: { readonly since: number; readonly judged: Promise<void> };
    private judged?: { proposed: readonly Placed[]; live?: World | Error | undefined; judgement: Judgement };

    /** @param views what the run finds applied, read once for all who ask. */
    constructor(private readonly views: Views) {
        this.compared = new Compared(views, this.proposals, (text) => this.once(text, () => pulumi.log.warn(text)));
    }

    /** Takes note of what a component proposes. Later the state has what this run has made already, so it is read now. */
    propose(objects: readonly Promise<Placed | undefined>[]): void {
        this.views.state().catch(() => undefined);
        this.proposals.add(objects);
    }

    /** Takes note of how the cluster is reached, and of the limits that hold where none are applied yet. */
    know(access: Promise<ClusterAccess | undefined> | undefined, limits: StepLimits): void {
        if (access) this.compared.reach(access);
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
        if (pulumi.runtime.isDryRun()) await this.announce(judged);
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
        await Promise.all([this.compared.live(), this.proposals.complete(), begun]);
        if (this.isAsked) return;
        const { open, adopted } = await this.compared.edits(own);
        if (open.length === 0) await this.stepJudged(own, before, adopted);
    }

    /** Takes note of a run's first hook. What was read for it long before is left to be read anew: it has waited for another resource. */
    private beAsked(): void {
        if (!this.isAsked && this.ahead && Date.now() - this.ahead.since > aheadHolds) this.compared.forget();
        this.isAsked = true;
    }

    /** Says that somebody went beyond the limits, and why. */
    private async noteBrokenGlass(own: Placed, service: string): Promise<void> {
        const access = await this.compared.access();
        const live = access && isRoutes(own) ? await this.views.live(access) : undefined;
        if (!access || !live || live instanceof Error) return;
        const { noteBrokenGlass } = await import("../mesh/breakGlass");
        const same = byIdentity(live).get(identityOf(own));
        for (const note of await noteBrokenGlass(access, same ? [same] : []))
            await pulumi.log.warn(`${service}: ${note}`);
    }

    private async judgementOf(own: Placed, before: Placed | undefined): Promise<Judgement> {
        const { open, adopted } = await this.compared.edits(own);
        // Before anything else: what somebody else has done is not to be measured as if it were this step.
        if (open.length > 0)
            return {
                findings: driftFindings(open, { project: pulumi.getProject(), stack: pulumi.getStack() }),
                changes: [],
                services: [],
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
        const live = await this.compared.live();
        const isWhole = adopted.length === 0 && this.proposals.has(own) && (await this.compared.isInState(own, before));
        const { judged } = this;
        if (isWhole && judged?.proposed === proposed && judged.live === live) return judged.judgement;
        const judgement = judge(await this.compared.steps(own, before, adopted), this.limits);
        if (isWhole) this.judged = { proposed, live, judgement };
        return judgement;
    }

    /** Says in one line who moves, once for each service. A step as a whole is the same for each of its resources. */
    private async announce({ changes, services }: Judgement): Promise<void> {
        if (this.announced === changes) return;
        this.announced = changes;
        for (const line of movesIn(changes, services)) await this.once(line, () => pulumi.log.info(line));
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

/** Its own findings first; where only others' are found, the step as a whole is not made either. */
function refuse(findings: readonly Finding[], service: string): void {
    if (findings.length === 0) return;
    const file = process.env[findingsVariable];
    if (file) fs.appendFileSync(file, `${JSON.stringify({ findings })}\n`);
    const isOwn = (one: Finding): boolean => one.service === service || (one.services?.includes(service) ?? false);
    const sorted = [...findings.filter(isOwn), ...findings.filter((one) => !isOwn(one))];
    throw new Error(`this step is refused:\n${describeFindings(sorted)}`);
}

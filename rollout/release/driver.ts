import type { ReleaseSettings } from "./settings";
import { Refused } from "../../cluster/refused";
import { gateSettings } from "../gate/settings";
import type { Weights } from "../../components/traffic/split/weights";
import type { Hands, Outcome, Values } from "./hands";
import { argumentsOf, type Member, type Moved, namesOf, ownOf, writeTogether } from "./members";
import type { ReleasePlan } from "./plan";
import { positionOf, type ReleaseStep, weightsAt } from "./steps";
import { planTogether } from "./togetherPlan";
import { type Ending, gateSettingsOf, secondsSince, StepWatch } from "./watch";

/** How it is driven. */
export interface DriverOptions {
    /** Starts a version that came back once: somebody has said so. */
    readonly again?: boolean;
    /** Whether the config has a canary header. */
    readonly hasHeader: boolean;
    /** Takes the next step only, and ends where its gate would begin. */
    readonly once?: boolean;
    /** Services that are released with it, in one decision: one write and one update a step, and all of them back where one fails. */
    readonly with?: readonly Member[];
}

/** A release that can be made, and where it is. */
interface Begun {
    readonly plan: ReleasePlan;
    readonly moved: readonly Moved[];
}

/**
 * Brings a service, or several as one, to another version: takes a step, looks at it until the gate lets it go on, takes the next.
 * Each step is one `pulumi up` and nothing else: judged by the same guards, and over when the callers' proxies have it.
 *
 * Where it is stands in what is applied. A driver that was killed and is started again looks at the step that it finds once more.
 * Of several services that is the step of the one that is least far: none is moved back for it, and none goes ahead.
 */
export class Driver {
    private readonly members: readonly Member[];

    constructor(
        service: string,
        private readonly hands: Hands,
        private readonly options: DriverOptions,
    ) {
        this.members = [{ service, hands }, ...(options.with ?? [])];
    }

    /** @throws when the release can't be made as it is asked for; nothing is changed then. */
    async begin(): Promise<Begun> {
        const { members, options } = this;
        const { where } = this.hands;
        const all = await Promise.all(members.map(({ hands }) => hands.settings()));
        const of = (index: number): ReleaseSettings => all[index] as ReleaseSettings;
        const [aborted] = members.filter((_, index) => of(index).aborted === of(index).to);
        if (aborted && !options.again)
            throw new Refused({
                what: `${aborted.service} ${of(members.indexOf(aborted)).to} was aborted, and does not start again by itself.`,
                fix: `npx upshift release ${argumentsOf(members)}${where} --again`,
            });
        members.forEach(({ service }, index) => gateSettings(service, gateSettingsOf(of(index))));
        const moved = await Promise.all(
            members.map(async (member, index) => ({
                ...member,
                to: of(index).to,
                served: await member.hands.served(),
            })),
        );
        const steps = all.map((settings) => settings.steps);
        const plan = planTogether(moved, steps, { hasHeader: options.hasHeader, where });
        const noted = members.filter((_, index) => of(index).aborted !== undefined);
        if (noted.length > 0)
            await writeTogether(
                noted.map((member) => ({ member, values: { [`release.${member.service}.aborted`]: undefined } })),
            );
        return { plan, moved };
    }

    /** @returns how it ended. @throws when a step is refused: then the config is as it was before that step. */
    async run(begun?: Begun): Promise<Outcome> {
        const { hands, options } = this;
        const { plan, moved: first } = begun ?? (await this.begin());
        const { steps, isSwitch } = plan;
        const watch = new StepWatch(hands);
        let moved = first;
        let position = Math.min(...moved.map(({ to, served }) => positionOf(steps, to, served)));
        const found = steps[position];
        hands.tell({
            kind: "begins",
            ...startOf(moved[0] as Moved),
            ...(moved.length > 1 && { with: moved.slice(1).map(startOf) }),
            steps: steps.map(({ name }) => name),
            ...(found && { goesOnFrom: found.name }),
        });
        for (;;) {
            const current = steps[position];
            const ended = current && (await watch.passed(current, position, moved));
            if (ended) return this.ends(ended);
            const next = await watch.beyondPauses(steps, position, moved);
            if (typeof next !== "number") return this.ends(next);
            const step = steps[next];
            if (!step) return this.ends({ outcome: "done", words: this.doneWords(moved) });
            moved = await this.take(step, moved, isSwitch, watch.takeEvidence());
            position = next;
            if (options.once)
                return this.ends({
                    outcome: "held",
                    words: `Taken: ${step.name}. The next: npx upshift release ${argumentsOf(moved)}${hands.where} --once`,
                });
        }
    }

    /** @param evidence why the step before was left. */
    private async take(
        step: ReleaseStep,
        moved: readonly Moved[],
        isSwitch: boolean,
        evidence: string | undefined,
    ): Promise<readonly Moved[]> {
        const { hands } = this;
        const parts = moved.map((member) => ({ member, ...writtenFor(step, member, isSwitch) }));
        const [first, ...others] = parts.map(({ member, goal }) => ({ service: member.service, weights: goal }));
        const weights = first?.weights ?? {};
        const beside = others.length > 0 && {
            with: Object.fromEntries(others.map(({ service, weights: own }) => [service, own])),
        };
        hands.tell({ kind: "step", step: step.name, weights, ...beside });
        const began = Date.now();
        const old = await writeTogether(parts);
        try {
            const what = moved.map(({ service, to }) => `${service} ${to}`).join(", ");
            await hands.up([`${what}: ${step.name}`, evidence].filter(Boolean).join("; "));
        } catch (error) {
            const now = await this.servedNow(moved).catch(() => moved);
            await this.writeBack(
                old,
                now.filter((one, index) => !isTaken(step, one, parts[index]?.goal)),
            );
            throw error;
        }
        const after = await this.servedNow(moved);
        const left = after.filter((one, index) => !isTaken(step, one, parts[index]?.goal));
        if (left.length > 0) throw new Error(notRead(namesOf(left), Object.keys(old)));
        hands.tell({ kind: "applied", step: step.name, seconds: secondsSince(began), weights, ...beside });
        return after;
    }

    /** What was refused must not be what the next update would apply; what was applied before it failed stays said. */
    private async writeBack(old: Values, left: readonly Moved[]): Promise<void> {
        const isWhole = left.length === this.members.length;
        const values = isWhole ? [old] : left.map(({ service }) => ownOf(service, old));
        if (left.length > 0) await this.hands.write(Object.assign({}, ...values) as Values);
    }

    private servedNow(moved: readonly Moved[]): Promise<readonly Moved[]> {
        return Promise.all(moved.map(async (member) => ({ ...member, served: await member.hands.served() })));
    }

    private ends({ outcome, words }: Ending): Outcome {
        this.hands.tell({ kind: "ends", outcome, words });
        return outcome;
    }

    private doneWords(moved: readonly Moved[]): string {
        const where = moved.map(({ service, to }) => `${service} are on ${to}`).join(", of ");
        const them = moved.length > 1 ? "them the stable versions" : "it the stable version";
        return `All users of ${where}. To make ${them}: npx upshift finish ${argumentsOf(moved.slice(0, 1))}${this.hands.where}`;
    }
}

/** What a step writes of one service, and the weights that it is to have then: one that is further already stays there. */
function writtenFor(
    step: ReleaseStep,
    { service, to, served }: Moved,
    isSwitch: boolean,
): { values?: Values; weights?: Weights; goal: Weights } {
    if (step.kind === "weight") {
        const weights = weightsAt(to, Math.max(step.percent, served.weights[to] ?? 0), served);
        return { weights, goal: weights };
    }
    const values = { "canaryHeader.to": to, ...(isSwitch && { [`blueGreen.${service}`]: to }) };
    return { values, goal: served.weights };
}

function isTaken(step: ReleaseStep, { to, served }: Moved, goal: Weights = {}): boolean {
    return step.kind === "weight" ? served.weights[to] === goal[to] : served.headerTo === to;
}

function startOf({ service, to, served }: Moved): { service: string; to: string; stable: string } {
    return { service, to, stable: served.stable };
}

function notRead(service: string, paths: readonly string[]): string {
    return `The config was given ${paths.join(", ")}, and the routes of ${service} do not follow: the program takes them from elsewhere.\n  fix: read them in the program: new pulumi.Config().requireObject("weights")`;
}

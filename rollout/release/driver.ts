import { secondsSince } from "./durations";
import type { ReleaseSettings } from "./settings";
import { Refused } from "../../cluster/refused";
import { gateSettings } from "../gate/settings";
import { proveBeforeShare } from "./chain/beforeShare";
import { openChecks } from "./checks";
import type { Ending, Hands, Outcome, Values, WeightsOf } from "./hands";
import { notLess, type Taking, takingOf } from "./kinds/taking";
import { heldByLine, refuseWhereStopped } from "./line";
import { givenOf } from "./manyHands";
import { argumentsOf, type Member, type Moved, namesOf, ownOf, servedNow } from "./members";
import type { ReleasePlan } from "./plan";
import { gateSettingsOf } from "./gates";
import { baselineShare, positionOf, type ReleaseStep } from "./steps";
import { planTogether } from "./togetherPlan";
import { StepWatch } from "./watch";

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
        const { hands, members, options } = this;
        const { where } = hands;
        const all = await Promise.all(
            members.map(async (member) => ({ ...member, settings: await settingsOf(member) })),
        );
        const aborted = all.find(({ settings }) => settings.aborted === settings.to);
        if (aborted && !options.again)
            throw new Refused({
                what: `${aborted.service} ${aborted.settings.to} was aborted, and does not start again by itself.`,
                fix: `npx upshift release ${argumentsOf(members)}${where} --again`,
            });
        await refuseWhereStopped(hands);
        for (const { service, settings, ...member } of all) {
            gateSettings(service, gateSettingsOf(settings));
            openChecks(settings, member.hands);
        }
        const served = await servedNow(all);
        const moved = served.map(({ settings, ...member }) => ({
            ...member,
            to: settings.to,
            baseline: settings.baseline,
        }));
        const steps = all.map(({ settings }) => settings.steps);
        const plan = planTogether(moved, steps, { hasHeader: options.hasHeader, where });
        // Early, so that nobody bakes a header test for a chain that can't go on; and once more where its first share is taken.
        if (plan.steps[0]?.kind !== "weight") await proveBeforeShare(moved);
        const noted = all.filter(({ settings }) => settings.aborted !== undefined);
        if (noted.length > 0)
            await hands.write(
                Object.fromEntries(noted.map(({ service }) => [`release.${service}.aborted`, undefined])),
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
        let position = Math.min(...moved.map((one) => positionIn(steps, one)));
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
            const ended = current && (await watch.passed(steps, position, moved));
            if (ended) return this.ends(ended);
            const next = await watch.beyondPauses(steps, position, moved);
            if (typeof next !== "number") return this.ends(next);
            const step = steps[next];
            if (!step) return this.ends({ outcome: "done", words: this.doneWords(moved) });
            const line = await heldByLine(hands, argumentsOf(moved), step.name, current !== undefined);
            if (line === "lookAgain") continue;
            if (line) return this.ends(line);
            if (step.kind === "weight") await proveBeforeShare(moved);
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
        const takings = moved.map((one) => takingBy(step, one, isSwitch));
        const goals = moved.map(({ service, served }, index) => [service, takings[index]?.weights ?? served.weights]);
        const given = givenOf(Object.fromEntries(goals) as WeightsOf);
        hands.tell({ kind: "step", step: step.name, ...given });
        const began = Date.now();
        const old = await hands.write(
            Object.assign({}, ...takings.map((taking) => taking?.values)) as Values,
            Object.fromEntries(
                moved.flatMap(({ service }, index) => {
                    const weights = takings[index]?.weights;
                    return weights ? [[service, weights]] : [];
                }),
            ),
        );
        const leftOf = (now: readonly Moved[]): number[] =>
            now.flatMap(({ served }, index) => (takings[index]?.isTaken(served) === false ? [index] : []));
        try {
            const what = moved.map(({ service, to }) => `${service} ${to}`).join(", ");
            await hands.up([`${what}: ${step.name}`, evidence].filter(Boolean).join("; "));
        } catch (error) {
            // What was refused must not be what the next update would apply; what was applied before it failed stays said.
            const left = leftOf(await servedNow(moved).catch(() => moved));
            const isWhole = left.length === takings.filter(Boolean).length;
            const values = left.map((index) =>
                takings[index]?.undone(isWhole ? old : ownOf(moved[index]?.service ?? "", old)),
            );
            if (left.length > 0) await hands.write(Object.assign({}, ...values) as Values);
            throw error;
        }
        const after = await servedNow(moved);
        const left = leftOf(after);
        if (left.length > 0) {
            const names = namesOf(left.map((index) => moved[index] as Moved));
            throw new Error(notRead(names, Object.keys(old), takings[left[0] ?? 0]?.howToRead ?? ""));
        }
        hands.tell({ kind: "applied", step: step.name, seconds: secondsSince(began), ...given });
        return after;
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

function settingsOf({ hands }: Member): Promise<ReleaseSettings> {
    return hands.settings();
}

/** What a step comes to for one service; one that is further already stays there, and undefined where it has nothing of the step. */
function takingBy(step: ReleaseStep, moved: Moved, isSwitch: boolean): Taking | undefined {
    const own = notLess(step, moved.to, moved.served);
    return own && takingOf(moved.service, own, { ...moved, isSwitch });
}

/** The step that a service is at. One whose baseline has not its share yet is taken once more: there would be nothing to compare with. */
function positionIn(steps: readonly ReleaseStep[], { to, baseline, served }: Moved): number {
    const position = positionOf(steps, to, served);
    const share = served.weights[to] ?? 0;
    const isBeside = baseline === undefined || (served.weights[baseline] ?? 0) >= baselineShare(share);
    return share === 0 || isBeside ? position : position - 1;
}

function startOf({ service, to, served }: Moved): { service: string; to: string; stable: string } {
    return { service, to, stable: served.stable };
}

function notRead(service: string, paths: readonly string[], how: string): string {
    return `The config was given ${paths.join(", ")}, and the routes of ${service} do not follow: the program takes them from elsewhere.\n  fix: read them in the program: ${how}`;
}

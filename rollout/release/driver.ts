import type { ReleaseSettings } from "./settings";
import { Refused } from "../../cluster/refused";
import { gateSettings } from "../gate/settings";
import { proveBeforeShare } from "./chain/beforeShare";
import { openChecks } from "./checks";
import type { Ending, Hands, Outcome, Values } from "./hands";
import { heldByLine, refuseWhereStopped } from "./line";
import { argumentsOf, type Member, type Moved, servedNow } from "./members";
import type { ReleasePlan } from "./plan";
import { gateSettingsOf } from "./gates";
import { patiently } from "./patiently";
import { baselineShare, nameOf, positionOf, type ReleaseStep } from "./steps";
import { noWord } from "./toldOtherwise";
import { planTogether, versionsIn } from "./togetherPlan";
import { takeStep } from "./takeStep";
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

/** Where a release is between two steps. */
interface Between {
    readonly watch: StepWatch;
    readonly steps: readonly ReleaseStep[];
    /** -1 before the first. */
    readonly position: number;
    readonly moved: readonly Moved[];
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
        if (aborted && !options.again) {
            // What was typed is out of the config again where it is refused.
            const to = versionsIn(all.map(({ service, settings }) => ({ service, to: settings.to })));
            throw new Refused({
                what: `${aborted.service} ${aborted.settings.to} was aborted, and does not start again by itself.`,
                fix: `npx upshift release ${argumentsOf(members)}${where} --to ${to} --again`,
            });
        }
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
        const at = nameOf(plan.steps, positionOfAll(plan.steps, moved));
        // Early, so that nobody bakes a header test for a chain that can't go on; and once more where its first share is taken.
        if (plan.steps[0]?.kind !== "weight") await proveBeforeShare(moved);
        // What was said of an earlier release of the version, or of a step that nobody is at, is not said of this one.
        const over = all.flatMap(({ service, settings: { aborted, promoted } }) => [
            ...(aborted === undefined ? [] : [{ [`release.${service}.aborted`]: undefined }]),
            ...(promoted === undefined || promoted === at ? [] : [noWord(service)]),
        ]);
        if (over.length > 0) await hands.write(Object.assign({}, ...over) as Values);
        return { plan, moved };
    }

    /** @returns how it ended. @throws when a step is refused: then the config is as it was before that step. */
    async run(begun?: Begun): Promise<Outcome> {
        const { hands, options } = this;
        const { plan, moved: first } = begun ?? (await this.begin());
        const { steps, isSwitch } = plan;
        const watch = new StepWatch(hands);
        let moved = first;
        let position = positionOfAll(steps, moved);
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
            if (!step) return this.ends(await this.done(moved));
            const held = await this.heldBefore(step, { watch, steps, position, moved });
            if (held) return this.ends(held);
            const taken = await takeStep(step, { watch, moved, isSwitch }, hands);
            if ("outcome" in taken) return this.ends(taken);
            ({ moved } = taken);
            position = next;
            if (options.once)
                return this.ends({
                    outcome: "held",
                    words: `Taken: ${step.name}. The next: npx upshift release ${argumentsOf(moved)}${hands.where} --once`,
                });
        }
    }

    /**
     * Waits while the line is stopped, and looks on meanwhile; then proves that a chain can be moved.
     *
     * @returns how the release ended before the step could be taken.
     */
    private async heldBefore(
        step: ReleaseStep,
        { watch, steps, position, moved }: Between,
    ): Promise<Ending | undefined> {
        const { hands } = this;
        for (;;) {
            const line = await patiently(hands, step.name, () =>
                heldByLine(hands, argumentsOf(moved), step.name, position >= 0),
            );
            if (line !== "lookAgain") {
                if (line) return line;
                break;
            }
            const ended = await watch.lookOn(steps, position, moved);
            if (ended) return ended;
        }
        if (step.kind === "weight") await proveBeforeShare(moved);
        // All of that takes seconds, and somebody may have given users back meanwhile.
        return watch.ended(steps, position, moved);
    }

    /** Of a release whose last step was passed. Others update the stack meanwhile, and may have moved users away. */
    private async done(moved: readonly Moved[]): Promise<Ending> {
        const now = await patiently(this.hands, "done", () => servedNow(moved));
        const left = now.find(({ to, served }) => served.weights[to] !== 100);
        if (!left) return { outcome: "done", words: this.doneWords(moved) };
        return {
            outcome: "held",
            words: `Somebody has moved the users of ${left.service} from ${left.to} meanwhile.\n  fix: npx upshift release ${argumentsOf(moved)}${this.hands.where}`,
        };
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

/** The step that a service is at. One whose baseline has not its share yet is taken once more: there would be nothing to compare with. */
function positionIn(steps: readonly ReleaseStep[], { to, baseline, served }: Moved): number {
    const position = positionOf(steps, to, served);
    const share = served.weights[to] ?? 0;
    const isBeside = baseline === undefined || (served.weights[baseline] ?? 0) >= baselineShare(share);
    return share === 0 || isBeside ? position : Math.max(-1, position - 1);
}

/** Of several services the step of the one that is least far. */
function positionOfAll(steps: readonly ReleaseStep[], moved: readonly Moved[]): number {
    return Math.min(...moved.map((one) => positionIn(steps, one)));
}

function startOf({ service, to, served }: Moved): { service: string; to: string; stable: string } {
    return { service, to, stable: served.stable };
}

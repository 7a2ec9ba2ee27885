import { secondsOf, type ReleaseSettings } from "./settings";
import { withChecks, type ChecksOfStep, type StepChecks } from "../gate/checks/stepChecks";
import { Gate, type GateVerdict } from "../gate/gate";
import type { GateSettings } from "../gate/settings";
import { SplitWatch } from "../gate/splitWatch";
import type { VersionCounts } from "../gate/counts";
import { goBack } from "./back";
import { openChecks } from "./checks";
import type { Hands, Outcome, Values } from "./hands";
import { limitOf, refusalOf, waitsFor, wordOfWait } from "./kinds/waiting";
import type { ReleasedService } from "./service";
import { isWait, nameOf, parseSteps, type ReleaseStep, type Wait } from "./steps";

/** How a release ended, and what is to be said of it. */
export interface Ending {
    readonly outcome: Outcome;
    readonly words: string;
}

/** Looks at the steps of one release: by the gate, by the clock, and by what people say in the config meanwhile. */
export class StepWatch {
    private gate?: Gate;
    private ofCopies?: Gate;
    private readonly split = new SplitWatch();
    private last?: string;
    private checks?: StepChecks;
    /** Stable's windows from before the first share: they say how its requests fail without any release. */
    private readonly before: VersionCounts[] = [];

    constructor(
        private readonly service: string,
        private readonly to: string,
        private readonly hands: Hands,
    ) {}

    /** Why the last step was left, for the history of the next; undefined before the first gate. */
    get evidence(): string | undefined {
        return this.last;
    }

    /** Looks at a step until it may be left. @returns how the release ended, where it did */
    async passed(step: ReleaseStep, position: number, served: ReleasedService): Promise<Ending | undefined> {
        const { hands, service, to } = this;
        const { stable, weights, host } = served;
        this.checks ??= openChecks(await hands.settings(), hands);
        const about = { service, namespace: host.namespace, stack: hands.stack, to, stable, step: step.name, weights };
        const checks = this.checks.at(about);
        let isPassed = false;
        try {
            const ended = await this.watched(step, position, served, checks);
            isPassed = ended === undefined;
            return ended;
        } finally {
            await checks.end(isPassed);
        }
    }

    private async watched(
        step: ReleaseStep,
        position: number,
        served: ReleasedService,
        checks: ChecksOfStep,
    ): Promise<Ending | undefined> {
        const { hands } = this;
        const began = Date.now();
        let isPassed = false;
        for (;;) {
            const settings = await hands.settings();
            const told = await this.toldOtherwise(step.name, settings, began);
            if (told === "goOn") {
                if (settings.promotedBy !== undefined) this.last = `${step.name} passed by ${settings.promotedBy}`;
                return undefined;
            }
            if (told !== "nothing") return told;
            // Only after the config was read anew: what somebody has said during the last look counts before what it found.
            if (isPassed && !settings.paused) return undefined;
            const { enforce } = settings;
            checks.ask();
            const gate = await this.judged(step, position, served, settings, began);
            const { all, fresh } = checks.look();
            for (const said of fresh) hands.tell({ kind: "check", step: step.name, ...said, isEnforced: enforce });
            const { verdict, reason } = withChecks(gate, all);
            if (step.kind !== "header")
                hands.tell({
                    kind: "gate",
                    step: step.name,
                    verdict,
                    reason,
                    isEnforced: enforce,
                    seconds: secondsSince(began),
                });
            if (step.kind !== "header" || !checks.isEmpty) this.last = `${step.name} ${verdict}: ${reason}`;
            isPassed = verdict === "pass" || (!enforce && isBaked(settings, began));
            if (verdict !== "fail" || !enforce) continue;
            if (settings.onFail === "hold")
                return {
                    outcome: "held",
                    words: `${reason}\nThe users stay where they are.\n  fix: npx upshift abort ${this.service}${hands.where}`,
                };
            return this.back(served, reason);
        }
    }

    /** What the gate says; of testers alone nothing is counted, and the time to bake is all. */
    private async judged(
        step: ReleaseStep,
        position: number,
        served: ReleasedService,
        settings: ReleaseSettings,
        began: number,
    ): Promise<Pick<GateVerdict, "verdict" | "reason">> {
        if (step.kind === "weight") return this.look(step.percent, position, served, settings);
        if (step.kind === "mirror") return this.lookAtCopies(position, served, settings);
        await this.learn(served.stable, position);
        const verdict = isBaked(settings, began) ? "pass" : "inconclusive";
        return { verdict, reason: `${this.service}: testers alone reach ${this.to}.` };
    }

    /** What people or the clock say while a step is looked at. */
    private async toldOtherwise(
        step: string,
        settings: ReleaseSettings,
        began: number,
    ): Promise<Ending | "goOn" | "nothing"> {
        const { hands, service, to } = this;
        const at = `${service}${hands.where}`;
        if (settings.to !== to) return { outcome: "held", words: changedTo(service, to, settings.to, at) };
        if (settings.aborted === to) return { outcome: "aborted", words: `Somebody has aborted ${service} ${to}.` };
        if (hands.isInterrupted)
            return {
                outcome: "held",
                words: `The users stay where they are. To give them back to stable: npx upshift abort ${at}\n  fix: npx upshift release ${at}`,
            };
        if (settings.promoted === step) {
            await hands.write(this.heard);
            return "goOn";
        }
        if (settings.paused) hands.tell({ kind: "waits", step, why: `paused; to go on: npx upshift resume ${at}` });
        if (secondsSince(began) < secondsOf(settings.timeout) || settings.paused) return "nothing";
        return {
            outcome: "held",
            words: `${step} could not be judged within ${settings.timeout}. The users stay where they are. To say that it passes: npx upshift promote ${at}\n  fix: npx upshift release ${at}`,
        };
    }

    /** One window more of the gate. */
    private async look(
        percent: number,
        position: number,
        served: ReleasedService,
        settings: ReleaseSettings,
    ): Promise<Pick<GateVerdict, "verdict" | "reason">> {
        const { hands, to, split } = this;
        const names = { canary: to, ...(percent < 100 && { stable: served.stable }) };
        const gate = (this.gate ??= this.gateOf(served, settings, false));
        try {
            const window = await hands.window({ ...names, step: position });
            // The gate's last word was about the step before.
            if (window) gate.add(window);
            else gate.miss("Nothing has been counted at these weights yet.");
            if (window) split.add(window, { ...served, canary: to, ruled: served.ruled });
        } catch (error) {
            gate.miss((error as Error).message);
        }
        // Neither going on nor going back is right while users are not where the config has them.
        const wrong = split.last;
        return withChecks(
            gate.verdict(),
            wrong === undefined ? [] : [{ check: "split", verdict: "hold", evidence: wrong }],
        );
    }

    /** The same of copies of stable's requests, whose answers reach nobody: by the ceiling alone. */
    private async lookAtCopies(
        position: number,
        { stable }: ReleasedService,
        settings: ReleaseSettings,
    ): Promise<GateVerdict> {
        const gate = (this.ofCopies ??= this.gateOf({ stable }, settings, true));
        try {
            const window = await this.hands.window({ canary: this.to, stable, step: position });
            if (window?.stable) this.before.push(window.stable);
            if (window) gate.add({ ...window, stable: undefined });
            else gate.miss("No copy has been counted yet.");
        } catch (error) {
            gate.miss((error as Error).message);
        }
        return gate.verdict();
    }

    /** Of copies, how long their answers take is nobody's loss. Where there are both, they share the chance of failing a good release. */
    private gateOf({ stable }: Pick<ReleasedService, "stable">, settings: ReleaseSettings, isCopied: boolean): Gate {
        const { service, to, before } = this;
        const own = { ...gateSettingsOf(settings), ...(isCopied && { latency: false as const }) };
        const hasCopies = parseSteps(settings.steps, "").steps.some(({ kind }) => kind === "mirror");
        const gates = hasCopies ? 2 : 1;
        return new Gate({ service, canary: to, stable, isCopied, before, services: gates, settings: own });
    }

    /** How stable's requests fail while nobody else has any. What can't be counted yet is told once there is something to judge. */
    private async learn(stable: string, position: number): Promise<void> {
        const window = await this.hands.window({ canary: this.to, stable, step: position }).catch(() => undefined);
        if (window?.stable) this.before.push(window.stable);
    }

    /** Waits at the pauses and approvals after a step. @returns the step after them, or how the release ended there */
    async beyondPauses(
        steps: readonly ReleaseStep[],
        position: number,
        served: ReleasedService,
    ): Promise<number | Ending> {
        const passed = nameOf(steps, position);
        let next = position + 1;
        for (let step = steps[next]; isWait(step); step = steps[++next]) {
            const ended = await this.waited(step, passed, served);
            if (ended) return ended;
        }
        return next;
    }

    private async waited(step: Wait, passed: string, served: ReleasedService): Promise<Ending | undefined> {
        const { hands, service } = this;
        const limit = limitOf(step, await hands.settings());
        const began = Date.now();
        const tells = (refusal = ""): void => {
            const how = `npx upshift promote ${service}${hands.where}`;
            hands.tell({ kind: "waits", step: step.name, why: `${refusal}${waitsFor(step, limit, how)}` });
        };
        tells();
        for (;;) {
            const settings = await hands.settings();
            const refusal =
                settings.promoted === passed && settings.aborted !== this.to
                    ? refusalOf(step, settings.promotedBy)
                    : undefined;
            if (refusal !== undefined) {
                await hands.write(this.heard);
                tells(`${refusal}; it waits `);
                continue;
            }
            // A wait has an end of its own, or none: what can't be judged has another.
            const told = await this.toldOtherwise(passed, settings, Date.now());
            if (told === "goOn") {
                const word = wordOfWait(step, settings.promotedBy);
                this.last = [this.last, word].filter(Boolean).join("; ");
                return undefined;
            }
            if (told !== "nothing") return told;
            if (limit && secondsSince(began) >= limit.seconds && !settings.paused) {
                if (limit.then === "over" || limit.then === "goOn") return undefined;
                return this.expired(step, limit.seconds, limit.then, served);
            }
            await hands.rest(pauseLookSeconds);
        }
    }

    private async expired(
        { name }: Wait,
        seconds: number,
        then: "hold" | "rollback",
        served: ReleasedService,
    ): Promise<Ending> {
        const { hands, service } = this;
        const why = `Nobody let it go on from ${name} within ${seconds} s.`;
        if (then === "hold")
            return {
                outcome: "held",
                words: `${why} The users stay where they are.\n  fix: npx upshift release ${service}${hands.where}`,
            };
        return this.back(served, why);
    }

    /** Gives the users back by the routes as they are applied now: a step is watched for long, and others update the stack meanwhile. */
    private async back(seen: ReleasedService, why: string): Promise<Ending> {
        const { hands, service, to } = this;
        const served = await hands.served().catch(() => seen);
        await goBack(service, hands, served, to, why);
        return { outcome: "rolledBack", words: why };
    }

    /** Takes somebody's word away, once it was heard. */
    private get heard(): Values {
        const at = `release.${this.service}`;
        return { [`${at}.promoted`]: undefined, [`${at}.promotedBy`]: undefined };
    }
}

/** Seconds from a moment until now. */
export function secondsSince(began: number): number {
    return (Date.now() - began) / 1000;
}

/** Whether a step has been watched for as long as it is to be. */
function isBaked({ bake }: ReleaseSettings, began: number): boolean {
    return secondsSince(began) >= secondsOf(bake);
}

function changedTo(service: string, to: string, next: string, at: string): string {
    return `The config asks for ${service} ${next} by now, and no more for ${to}. The users stay where they are.\n  fix: npx upshift release ${at}`;
}

/** Seconds between two looks at the config while a release pauses. */
const pauseLookSeconds = 2;

/** What the config says of a gate. */
export function gateSettingsOf({ gate, bake }: ReleaseSettings): Partial<GateSettings> {
    const given = Object.entries({ ...gate, bakeSeconds: secondsOf(bake) }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given);
}

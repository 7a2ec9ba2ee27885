import { secondsOf, type ReleaseSettings } from "../../config/release";
import { Refused } from "../../cluster/refused";
import { Gate, type GateVerdict } from "../gate/gate";
import type { GateSettings } from "../gate/settings";
import type { VersionCounts } from "../gate/counts";
import { goBack } from "./back";
import type { Hands, Outcome, Values } from "./hands";
import { releasePlan } from "./plan";
import type { ReleasedService } from "./service";
import { nameOf, positionOf, type ReleaseStep, weightsAt } from "./steps";

/** How it is driven. */
export interface DriverOptions {
    /** Starts a version that came back once: somebody has said so. */
    readonly again?: boolean;
    /** Whether the config has a canary header. */
    readonly hasHeader: boolean;
    /** Takes the next step only, and ends where its gate would begin. */
    readonly once?: boolean;
}

/**
 * Brings a service to another version: takes a step, looks at it until the gate lets it go on, takes the next. Each step is one
 * `pulumi up` and nothing else: judged by the same guards, and over when the callers' proxies have it.
 *
 * Where it is stands in what is applied. A driver that was killed and is started again looks at the step that it finds once more.
 */
export class Driver {
    private gate?: Gate;
    /** Why the last step was left, for the history of the next. */
    private evidence?: string;
    /** Stable's windows from before the first share: they say how its requests fail without any release. */
    private readonly before: VersionCounts[] = [];

    constructor(
        private readonly service: string,
        private readonly hands: Hands,
        private readonly options: DriverOptions,
    ) {}

    /** @returns how it ended. @throws when it can't begin, or a step is refused: then the config is as it was before that step. */
    async run(): Promise<Outcome> {
        const { hands, service, options } = this;
        const settings = await hands.settings();
        const { to } = settings;
        if (settings.aborted === to && !options.again)
            throw new Refused(
                `${service} ${to} was aborted, and does not start again by itself.\n  fix: npx upshift release ${service} --again`,
            );
        if (settings.aborted !== undefined) await hands.write({ [this.at("aborted")]: undefined });
        let served = await hands.served();
        const { steps, isSwitch } = releasePlan(service, to, settings.steps, served, options.hasHeader);
        let position = positionOf(steps, to, served);
        const found = steps[position];
        hands.tell({
            kind: "begins",
            service,
            to,
            stable: served.stable,
            steps: steps.map(({ name }) => name),
            ...(found && { goesOnFrom: found.name }),
        });
        for (;;) {
            const current = steps[position];
            const ended = current && (await this.passed(current, position, served));
            if (ended) return this.ends(ended);
            const next = await this.beyondPauses(steps, position);
            if (typeof next !== "number") return this.ends(next);
            const step = steps[next];
            if (!step) return this.ends({ outcome: "done", words: this.doneWords(to) });
            served = await this.take(step, served, isSwitch);
            position = next;
            if (options.once)
                return this.ends({
                    outcome: "held",
                    words: `Taken: ${step.name}. The next: npx upshift release ${service} --once`,
                });
        }
    }

    private async take(step: ReleaseStep, served: ReleasedService, isSwitch: boolean): Promise<ReleasedService> {
        const { hands, service } = this;
        const { to } = await hands.settings();
        const weights = step.kind === "weight" ? weightsAt(to, step.percent, served) : served.weights;
        const values: Values =
            step.kind === "weight"
                ? await hands.weightValues(weights)
                : { "canaryHeader.to": to, ...(isSwitch && { [`blueGreen.${service}`]: to }) };
        hands.tell({ kind: "step", step: step.name, weights });
        const began = Date.now();
        const old = await hands.write(values);
        try {
            await hands.up(`${service} ${to}: ${step.name}${this.evidence === undefined ? "" : `; ${this.evidence}`}`);
        } catch (error) {
            // What was refused must not be what the next update would apply.
            await hands.write(old);
            throw error;
        }
        const after = await hands.served();
        const isTaken = step.kind === "weight" ? after.weights[to] === step.percent : after.headerTo === to;
        if (!isTaken)
            throw new Error(
                `The config has ${Object.entries(values)
                    .map(([path, value]) => `${path}: ${value}`)
                    .join(
                        ", ",
                    )}, and the routes of ${service} do not say so: the program takes them from elsewhere.\n  fix: read them in the program: new pulumi.Config().requireObject("weights")`,
            );
        hands.tell({ kind: "applied", step: step.name, seconds: secondsSince(began) });
        return after;
    }

    /** Looks at a step until it may be left. @returns how the release ended, where it did */
    private async passed(step: ReleaseStep, position: number, served: ReleasedService): Promise<Ending | undefined> {
        const { hands } = this;
        const began = Date.now();
        let isPassed = false;
        for (;;) {
            const settings = await hands.settings();
            const told = await this.toldOtherwise(step.name, settings, began);
            if (told !== "nothing") return told === "goOn" ? undefined : told;
            // Only after the config was read anew: what somebody has said during the last look counts before what it found.
            if (isPassed && !settings.paused) return undefined;
            if (step.kind !== "weight") {
                if (secondsSince(began) >= secondsOf(settings.bake) && !settings.paused) return undefined;
                await this.learn(settings.to, served.stable, position);
                continue;
            }
            const verdict = await this.look(step.percent, position, served, settings);
            const { enforce } = settings;
            hands.tell({
                kind: "gate",
                step: step.name,
                verdict: verdict.verdict,
                reason: verdict.reason,
                isEnforced: enforce,
                seconds: secondsSince(began),
            });
            this.evidence = `${step.name} ${verdict.verdict}: ${verdict.reason}`;
            isPassed = verdict.verdict === "pass" || (!enforce && secondsSince(began) >= secondsOf(settings.bake));
            if (verdict.verdict !== "fail" || !enforce) continue;
            if (settings.onFail === "hold")
                return {
                    outcome: "held",
                    words: `${verdict.reason}\nThe users stay where they are.\n  fix: npx upshift abort ${this.service}`,
                };
            await goBack(this.service, hands, served, settings.to, verdict.reason);
            return { outcome: "rolledBack", words: verdict.reason };
        }
    }

    /** What people or the clock say while a step is looked at. */
    private async toldOtherwise(
        step: string,
        settings: ReleaseSettings,
        began: number,
    ): Promise<Ending | "goOn" | "nothing"> {
        const { hands, service } = this;
        const { to } = settings;
        if (settings.aborted === to) return { outcome: "aborted", words: `Somebody has aborted ${service} ${to}.` };
        if (hands.isInterrupted)
            return {
                outcome: "held",
                words: `The users stay where they are. To give them back to stable: npx upshift abort ${service}\n  fix: npx upshift release ${service}`,
            };
        if (settings.promoted === step) {
            await hands.write({ [this.at("promoted")]: undefined });
            return "goOn";
        }
        if (settings.paused)
            hands.tell({ kind: "waits", step, why: `paused; to go on: npx upshift resume ${service}` });
        if (secondsSince(began) < secondsOf(settings.timeout) || settings.paused) return "nothing";
        return {
            outcome: "held",
            words: `${step} could not be judged within ${settings.timeout}. The users stay where they are. To say that it passes: npx upshift promote ${service}\n  fix: npx upshift release ${service}`,
        };
    }

    /** One window more of the gate. */
    private async look(
        percent: number,
        position: number,
        served: ReleasedService,
        settings: ReleaseSettings,
    ): Promise<GateVerdict> {
        const { hands, service } = this;
        const names = { canary: settings.to, ...(percent < 100 && { stable: served.stable }) };
        const gate = (this.gate ??= new Gate({
            service,
            canary: settings.to,
            stable: served.stable,
            before: this.before,
            settings: gateSettingsOf(settings),
        }));
        try {
            const window = await hands.window({ ...names, step: position });
            // The gate's last word was about the step before.
            if (window) gate.add(window);
            else gate.miss("Nothing has been counted at these weights yet.");
        } catch (error) {
            gate.miss((error as Error).message);
        }
        return gate.verdict();
    }

    /** How stable's requests fail while nobody else has any. What can't be counted yet is told once there is something to judge. */
    private async learn(to: string, stable: string, position: number): Promise<void> {
        const window = await this.hands.window({ canary: to, stable, step: position }).catch(() => undefined);
        if (window?.stable) this.before.push(window.stable);
    }

    /** Waits at the pauses after a step. @returns the step after them, or how the release ended there */
    private async beyondPauses(steps: readonly ReleaseStep[], position: number): Promise<number | Ending> {
        const { hands, service } = this;
        const passed = nameOf(steps, position);
        let next = position + 1;
        for (let step = steps[next]; step?.kind === "pause"; step = steps[++next]) {
            const { seconds, name } = step;
            const began = Date.now();
            const how = `npx upshift promote ${service}`;
            const until = seconds === undefined ? `somebody lets it go on: ${how}` : `${seconds} s are over, or ${how}`;
            hands.tell({ kind: "waits", step: name, why: `until ${until}` });
            while (seconds === undefined || secondsSince(began) < seconds) {
                // A pause has an end of its own, or none: what can't be judged has another.
                const told = await this.toldOtherwise(passed, await hands.settings(), Date.now());
                if (told === "goOn") break;
                if (told !== "nothing") return told;
                await hands.rest(pauseLookSeconds);
            }
        }
        return next;
    }

    private ends({ outcome, words }: Ending): Outcome {
        this.hands.tell({ kind: "ends", outcome, words });
        return outcome;
    }

    private doneWords(to: string): string {
        return `All users of ${this.service} are on ${to}. To make it the stable version: npx upshift finish ${this.service}`;
    }

    private at(key: keyof ReleaseSettings): string {
        return `release.${this.service}.${key}`;
    }
}

function secondsSince(began: number): number {
    return (Date.now() - began) / 1000;
}

/** Seconds between two looks at the config while a release pauses. */
const pauseLookSeconds = 2;

interface Ending {
    readonly outcome: Outcome;
    readonly words: string;
}

function gateSettingsOf({ gate, bake }: ReleaseSettings): Partial<GateSettings> {
    const given = Object.entries({ ...gate, bakeSeconds: secondsOf(bake) }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given) as Partial<GateSettings>;
}

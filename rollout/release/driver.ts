import type { ReleaseSettings } from "./settings";
import { Refused } from "../../cluster/refused";
import { gateSettings } from "../gate/settings";
import type { Hands, Outcome } from "./hands";
import { releasePlan, type ReleasePlan } from "./plan";
import type { ReleasedService } from "./service";
import { positionOf, type ReleaseStep, weightsAt } from "./steps";
import { type Ending, gateSettingsOf, secondsSince, StepWatch } from "./watch";

/** How it is driven. */
export interface DriverOptions {
    /** Starts a version that came back once: somebody has said so. */
    readonly again?: boolean;
    /** Whether the config has a canary header. */
    readonly hasHeader: boolean;
    /** Takes the next step only, and ends where its gate would begin. */
    readonly once?: boolean;
}

/** A release that can be made, and where it is. */
interface Begun {
    readonly to: string;
    readonly plan: ReleasePlan;
    readonly served: ReleasedService;
}

/**
 * Brings a service to another version: takes a step, looks at it until the gate lets it go on, takes the next. Each step is one
 * `pulumi up` and nothing else: judged by the same guards, and over when the callers' proxies have it.
 *
 * Where it is stands in what is applied. A driver that was killed and is started again looks at the step that it finds once more.
 */
export class Driver {
    constructor(
        private readonly service: string,
        private readonly hands: Hands,
        private readonly options: DriverOptions,
    ) {}

    /** @throws when the release can't be made as it is asked for; nothing is changed then. */
    async begin(): Promise<Begun> {
        const { hands, service, options } = this;
        const settings = await hands.settings();
        const { to, aborted, steps } = settings;
        const { where } = hands;
        if (aborted === to && !options.again)
            throw new Refused({
                what: `${service} ${to} was aborted, and does not start again by itself.`,
                fix: `npx upshift release ${service}${where} --again`,
            });
        gateSettings(service, gateSettingsOf(settings));
        const served = await hands.served();
        const plan = releasePlan(service, to, steps, served, { hasHeader: options.hasHeader, where });
        if (aborted !== undefined) await hands.write({ [this.at("aborted")]: undefined });
        return { to, plan, served };
    }

    /** @returns how it ended. @throws when a step is refused: then the config is as it was before that step. */
    async run(begun?: Begun): Promise<Outcome> {
        const { hands, service, options } = this;
        const { to, plan, served: first } = begun ?? (await this.begin());
        const { steps, isSwitch } = plan;
        const watch = new StepWatch(service, to, hands);
        let served = first;
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
            const ended = current && (await watch.passed(current, position, served));
            if (ended) return this.ends(ended);
            const next = await watch.beyondPauses(steps, position);
            if (typeof next !== "number") return this.ends(next);
            const step = steps[next];
            if (!step) return this.ends({ outcome: "done", words: this.doneWords(to) });
            served = await this.take(step, { to, served, isSwitch, evidence: watch.evidence });
            position = next;
            if (options.once)
                return this.ends({
                    outcome: "held",
                    words: `Taken: ${step.name}. The next: npx upshift release ${service}${hands.where} --once`,
                });
        }
    }

    private async take(step: ReleaseStep, { to, served, isSwitch, evidence }: Taking): Promise<ReleasedService> {
        const { hands, service } = this;
        const isShare = step.kind === "weight";
        const weights = isShare ? weightsAt(to, step.percent, served) : served.weights;
        const isTaken = (now: ReleasedService): boolean =>
            isShare ? now.weights[to] === step.percent : now.headerTo === to;
        hands.tell({ kind: "step", step: step.name, weights });
        const began = Date.now();
        const old = isShare
            ? await hands.write({}, weights)
            : await hands.write({ "canaryHeader.to": to, ...(isSwitch && { [`blueGreen.${service}`]: to }) });
        try {
            await hands.up([`${service} ${to}: ${step.name}`, evidence].filter(Boolean).join("; "));
        } catch (error) {
            // What was refused must not be what the next update would apply; what was applied before it failed stays said.
            if (!isTaken(await hands.served().catch(() => served))) await hands.write(old);
            throw error;
        }
        const after = await hands.served();
        if (!isTaken(after)) throw new Error(notRead(service, Object.keys(old)));
        hands.tell({ kind: "applied", step: step.name, seconds: secondsSince(began), weights: after.weights });
        return after;
    }

    private ends({ outcome, words }: Ending): Outcome {
        this.hands.tell({ kind: "ends", outcome, words });
        return outcome;
    }

    private doneWords(to: string): string {
        return `All users of ${this.service} are on ${to}. To make it the stable version: npx upshift finish ${this.service}${this.hands.where}`;
    }

    private at(key: keyof ReleaseSettings): string {
        return `release.${this.service}.${key}`;
    }
}

/** What a step is taken from. */
interface Taking {
    readonly to: string;
    readonly served: ReleasedService;
    readonly isSwitch: boolean;
    /** Why the step before was left. */
    readonly evidence?: string | undefined;
}

function notRead(service: string, paths: readonly string[]): string {
    return `The config was given ${paths.join(", ")}, and the routes of ${service} do not follow: the program takes them from elsewhere.\n  fix: read them in the program: new pulumi.Config().requireObject("weights")`;
}

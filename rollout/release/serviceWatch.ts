import { gateOf } from "./gates";
import { secondsOf, secondsSince, type ReleaseSettings } from "./settings";
import { type ChecksOfStep, type CheckWord, type StepChecks, withChecks } from "../gate/checks/stepChecks";
import type { VersionCounts } from "../gate/counts";
import type { Gate, GateVerdict } from "../gate/gate";
import { SplitWatch } from "../gate/splitWatch";
import { openChecks } from "./checks";
import type { Moved } from "./members";
import type { ReleaseStep } from "./steps";

/** What one look at a service says. */
export interface Said extends Pick<GateVerdict, "verdict" | "reason"> {
    /** What its further checks have answered since the look before. */
    readonly fresh: readonly CheckWord[];
    /** Whether it has none: of testers alone there is nothing else to be told. */
    readonly isUnchecked: boolean;
}

/** Looks at one service of a release: by its gates, by whether its users are split as configured, and by its further checks. */
export class ServiceWatch {
    private gate?: Gate;
    private ofCopies?: Gate;
    private readonly split = new SplitWatch();
    private checks?: StepChecks;
    private ofStep?: ChecksOfStep;
    /** Stable's windows from before the first share: they say how its requests fail without any release. */
    private readonly before: VersionCounts[] = [];

    /** @param services how many are released as one, and share the chance of failing a good release. */
    constructor(private readonly services: number) {}

    /** Begins with a step. @throws where a check can never be asked */
    async begin(step: ReleaseStep, { service, to, served, hands }: Moved): Promise<void> {
        const { stable, weights, host } = served;
        this.checks ??= openChecks(await hands.settings(), hands);
        const { namespace } = host;
        this.ofStep = this.checks.at({ service, namespace, stack: hands.stack, to, stable, step: step.name, weights });
    }

    /** Ends what still runs of it. @param isPassed whether the step was passed */
    async end(isPassed: boolean): Promise<void> {
        await this.ofStep?.end(isPassed);
    }

    /** One look more. @param began when the step was first looked at, in milliseconds */
    async look(
        step: ReleaseStep,
        position: number,
        moved: Moved,
        settings: ReleaseSettings,
        began: number,
    ): Promise<Said> {
        this.ofStep?.ask();
        const gate = await this.judged(step, position, moved, settings, began);
        const { all = [], fresh = [] } = this.ofStep?.look() ?? {};
        const isUnchecked = this.ofStep?.isEmpty ?? true;
        const named = (one: CheckWord): CheckWord => ({ ...one, check: this.nameOf(one.check, moved) });
        return { ...withChecks(gate, all.map(named)), fresh: fresh.map(named), isUnchecked };
    }

    /** What the gate says; of testers alone nothing is counted, and the time to bake is all. One that is further already is judged there. */
    private async judged(
        step: ReleaseStep,
        position: number,
        moved: Moved,
        settings: ReleaseSettings,
        began: number,
    ): Promise<Pick<GateVerdict, "verdict" | "reason">> {
        const { service, to, served } = moved;
        if (step.kind === "weight" || (served.weights[to] ?? 0) > 0) return this.lookAtUsers(position, moved, settings);
        if (step.kind === "mirror") return this.lookAtCopies(position, moved, settings);
        await this.learn(position, moved);
        const verdict = isBaked(settings, began) ? "pass" : "inconclusive";
        return { verdict, reason: `${service}: testers alone reach ${to}.` };
    }

    /** One window more of the gate. */
    private async lookAtUsers(
        position: number,
        moved: Moved,
        settings: ReleaseSettings,
    ): Promise<Pick<GateVerdict, "verdict" | "reason">> {
        const { split } = this;
        const { to, baseline, served, hands } = moved;
        const isAlone = served.weights[to] === 100;
        const names = { canary: to, ...(!isAlone && { stable: baseline ?? served.stable }) };
        const gate = (this.gate ??= this.gateOf(moved, settings, false));
        try {
            const window = await hands.window({ ...names, step: position });
            // The gate's last word was about the step before.
            if (window) gate.add(window);
            else gate.miss("Nothing has been counted at these weights yet.");
            if (window)
                split.add(window, { ...served, canary: to, stable: baseline ?? served.stable, ruled: served.ruled });
        } catch (error) {
            gate.miss((error as Error).message);
        }
        // Neither going on nor going back is right while users are not where the config has them.
        const wrong = split.last;
        const check = this.nameOf("split", moved);
        return withChecks(gate.verdict(), wrong === undefined ? [] : [{ check, verdict: "hold", evidence: wrong }]);
    }

    /** The same of copies of stable's requests, whose answers reach nobody: by the ceiling alone. */
    private async lookAtCopies(position: number, moved: Moved, settings: ReleaseSettings): Promise<GateVerdict> {
        const gate = (this.ofCopies ??= this.gateOf(moved, settings, true));
        try {
            const window = await windowOf(position, moved);
            if (window?.stable) this.before.push(window.stable);
            if (window) gate.add({ ...window, stable: undefined });
            else gate.miss("No copy has been counted yet.");
        } catch (error) {
            gate.miss((error as Error).message);
        }
        return gate.verdict();
    }

    private gateOf({ service, to, baseline, served }: Moved, settings: ReleaseSettings, isCopied: boolean): Gate {
        const { before, services } = this;
        const stable = (isCopied ? undefined : baseline) ?? served.stable;
        return gateOf({ service, canary: to, stable, isCopied }, settings, before, services);
    }

    /** How stable's requests fail while nobody else has any. What can't be counted yet is told once there is something to judge. */
    private async learn(position: number, moved: Moved): Promise<void> {
        const window = await windowOf(position, moved).catch(() => undefined);
        if (window?.stable) this.before.push(window.stable);
    }

    /** A check as it is told: of several services each may have one of the same name. */
    private nameOf(check: string, { service }: Moved): string {
        return this.services > 1 ? `${service} ${check}` : check;
    }
}

function windowOf(position: number, { to, served: { stable }, hands }: Moved): ReturnType<Moved["hands"]["window"]> {
    return hands.window({ canary: to, stable, step: position });
}

/** Whether a step has been watched for as long as it is to be. @param began in milliseconds */
export function isBaked({ bake }: ReleaseSettings, began: number): boolean {
    return secondsSince(began) >= secondsOf(bake);
}

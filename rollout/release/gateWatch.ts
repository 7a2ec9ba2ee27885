import { gateOf } from "./gates";
import { secondsOf, secondsSince } from "./durations";
import type { ReleaseSettings } from "./settings";
import { withChecks } from "../gate/checks/stepChecks";
import type { VersionCounts } from "../gate/counts";
import type { Gate, GateVerdict } from "../gate/gate";
import { noData } from "../gate/words";
import { SplitWatch } from "../gate/splitWatch";
import { type ServiceTraffic, StepTraffic } from "../gate/traffic";
import type { Moved } from "./members";
import type { ReleaseStep } from "./steps";

/** What is said of one service whose requests are counted. */
export interface Judged extends Pick<GateVerdict, "verdict" | "reason"> {
    /** What was counted at this step; undefined where nothing was yet. */
    readonly traffic?: ServiceTraffic | undefined;
    /** Seconds until it would pass, if requests come as they did; undefined where nothing says when. */
    readonly left?: number | undefined;
}

/** One look at a step. */
export interface LookAt {
    readonly step: ReleaseStep;
    /** Of the step among those of the release. */
    readonly position: number;
    /** What the config says now. */
    readonly settings: ReleaseSettings;
    /** When the step was first looked at, in milliseconds. */
    readonly began: number;
}

/** Looks at what is counted of one service: by its gates, and by whether its users are split as configured. */
export class GateWatch {
    private gate?: Gate;
    private ofCopies?: Gate;
    private readonly split = new SplitWatch();
    private readonly traffic = new StepTraffic();
    /** Stable's windows from before the first share: they say how its requests fail without any release. */
    private readonly before: VersionCounts[] = [];
    private isPastRead = false;
    private missedPast = 0;

    /** @param services how many are counted for the release, and share the chance of failing a good one. */
    constructor(private readonly services: number) {}

    /** What the gate says; of testers alone nothing is counted, and the time to bake is all. One that is further already is judged there. */
    async look(moved: Moved, at: LookAt): Promise<Judged> {
        const { service, to, served } = moved;
        const { step, position, settings, began } = at;
        const unread = this.isPastRead ? undefined : await this.learnPast(moved);
        if (step.kind === "weight" || (served.weights[to] ?? 0) > 0) {
            if (unread === undefined) return this.lookAtUsers(moved, at);
            await moved.hands.rest(pastLookSeconds);
            const names = { service, canary: to, stable: served.stable };
            return { verdict: "inconclusive", reason: noData(names, `The hour before it can't be read: ${unread}`) };
        }
        if (step.kind === "mirror") return this.lookAtCopies(moved, at);
        await this.learn(position, moved);
        const left = bakeLeft(settings, began);
        return {
            verdict: left === 0 ? "pass" : "inconclusive",
            left,
            reason: `${service}: testers alone reach ${to}.`,
        };
    }

    /** One window more of the gate. */
    private async lookAtUsers(moved: Moved, { position, settings, began }: LookAt): Promise<Judged> {
        const { split, traffic } = this;
        const { service, to, baseline, served, hands } = moved;
        const stable = baseline ?? served.stable;
        const isAlone = served.weights[to] === 100;
        const names = { canary: to, ...(!isAlone && { stable }) };
        const gate = (this.gate ??= this.gateOf(moved, settings, false));
        try {
            const window = await hands.window({ ...names, step: position }, served.host);
            // The gate's last word was about the step before.
            if (window) gate.add(window);
            else gate.miss("Nothing has been counted at these weights yet.");
            if (window) split.add(window, { ...served, canary: to, stable, ruled: served.ruled });
            if (window) traffic.add(window);
        } catch (error) {
            gate.miss((error as Error).message);
        }
        // Neither going on nor going back is right while users are not where the config has them.
        const wrong = split.last;
        const check = this.services > 1 ? `${service} split` : "split";
        const said = gate.verdict();
        const counted = traffic.at(position, { service, canary: to, stable: served.stable });
        return {
            ...withChecks(said, wrong === undefined ? [] : [{ check, verdict: "hold", evidence: wrong }]),
            ...{ traffic: counted, left: leftFor(said, counted, settings, began) },
        };
    }

    /** The same of copies of stable's requests, whose answers reach nobody: by the ceiling alone. */
    private async lookAtCopies(moved: Moved, { position, settings, began }: LookAt): Promise<Judged> {
        const { service, to, served } = moved;
        const gate = (this.ofCopies ??= this.gateOf(moved, settings, true));
        try {
            const window = await windowOf(position, moved);
            if (window?.stable) this.before.push(window.stable);
            if (window) this.traffic.add(window);
            if (window) gate.add({ ...window, stable: undefined });
            else gate.miss("No copy has been counted yet.");
        } catch (error) {
            gate.miss((error as Error).message);
        }
        const said = gate.verdict();
        const traffic = this.traffic.at(position, { service, canary: to, stable: served.stable, isCopied: true });
        return { verdict: said.verdict, reason: said.reason, traffic, left: leftFor(said, traffic, settings, began) };
    }

    private gateOf({ service, edge, to, baseline, served }: Moved, settings: ReleaseSettings, isCopied: boolean): Gate {
        const { before, services } = this;
        const stable = (isCopied ? undefined : baseline) ?? served.stable;
        return gateOf({ service, release: edge, canary: to, stable, isCopied }, settings, before, services);
    }

    /**
     * How stable's requests failed in the last hour. What can't be read now is asked for again, a few times: without it the gate is only
     * as careful as what it sees itself makes it.
     *
     * @returns why it could not be read, as long as it is to be asked for again.
     */
    private async learnPast({ served, hands }: Moved): Promise<string | undefined> {
        try {
            this.before.push(...((await hands.past?.(served.stable, served.host)) ?? []));
            this.isPastRead = true;
            return undefined;
        } catch (error) {
            this.isPastRead = ++this.missedPast >= mostMissed;
            return this.isPastRead ? undefined : (error as Error).message;
        }
    }

    /** How stable's requests fail while nobody else has any. What can't be counted yet is told once there is something to judge. */
    private async learn(position: number, moved: Moved): Promise<void> {
        const window = await windowOf(position, moved).catch(() => undefined);
        if (window?.stable) this.before.push(window.stable);
    }
}

/** How often the hour before is asked for, and seconds between. */
const mostMissed = 3;
const pastLookSeconds = 10;

/** Before anything was counted at a step, its time to bake is all that is known of it. */
function leftFor(
    { verdict, needs }: GateVerdict,
    counted: ServiceTraffic | undefined,
    settings: ReleaseSettings,
    began: number,
): number | undefined {
    if (verdict === "pass") return 0;
    if (counted) return needs?.seconds;
    return bakeLeft(settings, began) || undefined;
}

function windowOf(position: number, { to, served, hands }: Moved): ReturnType<Moved["hands"]["window"]> {
    return hands.window({ canary: to, stable: served.stable, step: position }, served.host);
}

/** Seconds that are left of the time to bake; 0 where it is over. */
function bakeLeft({ bake }: Pick<ReleaseSettings, "bake">, began: number): number {
    return Math.max(0, secondsOf(bake) - secondsSince(began));
}

/** Whether a step has been watched for as long as it is to be. @param began in milliseconds */
export function isBaked({ bake }: ReleaseSettings, began: number): boolean {
    return bakeLeft({ bake }, began) === 0;
}

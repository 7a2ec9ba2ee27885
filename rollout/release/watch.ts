import { secondsOf, type ReleaseSettings } from "./settings";
import { Gate, type GateVerdict, together } from "../gate/gate";
import type { GateSettings } from "../gate/settings";
import type { VersionCounts } from "../gate/counts";
import { goBack } from "./back";
import type { Hands, Outcome } from "./hands";
import type { Moved } from "./members";
import { nameOf, type ReleaseStep } from "./steps";
import { toldOtherwise } from "./toldOtherwise";

/** How a release ended, and what is to be said of it. */
export interface Ending {
    readonly outcome: Outcome;
    readonly words: string;
}

/** A service as it is looked at: how it is to be judged, and by which gate. */
interface Looked {
    readonly member: Moved;
    readonly settings: ReleaseSettings;
    readonly verdict: GateVerdict;
}

/**
 * Looks at the steps of one release: by the gates of its services, by the clock, and by what people say in the config meanwhile.
 * What is released together goes on when all gates pass, and goes back when one fails.
 */
export class StepWatch {
    private readonly gates = new Map<string, Gate>();
    private last?: string;
    private paused = 0;
    /** Stable's windows from before the first share: they say how its requests fail without any release. */
    private readonly before = new Map<string, VersionCounts[]>();

    /** @param hands of any of the services: what is no service's own is done by them. */
    constructor(private readonly hands: Hands) {}

    /** Why the last step was left and how long it was paused, for the history of the next, once; undefined before the first gate. */
    takeEvidence(): string | undefined {
        const paused = Math.round(this.paused);
        this.paused = 0;
        return [this.last, ...(paused > 0 ? [`paused ${paused} s`] : [])].filter(Boolean).join("; ") || undefined;
    }

    /** Looks at a step until it may be left. @returns how the release ended, where it did */
    async passed(step: ReleaseStep, position: number, moved: readonly Moved[]): Promise<Ending | undefined> {
        const { hands } = this;
        const began = Date.now();
        let isPassed = false;
        let pausedSince: number | undefined;
        for (;;) {
            const all = await settingsOf(moved);
            const isPaused = all.some(({ paused }) => paused);
            if (pausedSince !== undefined) this.paused += secondsSince(pausedSince);
            pausedSince = isPaused ? Date.now() : undefined;
            const told = await toldOtherwise(moved, all, step.name, began);
            if (told !== "nothing") return told === "goOn" ? undefined : told;
            // Only after the config was read anew: what somebody has said during the last look counts before what it found.
            if (isPassed && !isPaused) return undefined;
            if (step.kind !== "weight") {
                if (all.every(({ bake }) => secondsSince(began) >= secondsOf(bake)) && !isPaused) return undefined;
                await Promise.all(moved.map((member) => this.learn(member, position)));
                continue;
            }
            const looks = await Promise.all(
                moved.map((member, index) => this.look(member, position, all[index] as ReleaseSettings, moved.length)),
            );
            this.tell(step.name, looks, secondsSince(began));
            isPassed = looks.every(
                ({ verdict, settings: { enforce, bake } }) =>
                    verdict.verdict === "pass" || (!enforce && secondsSince(began) >= secondsOf(bake)),
            );
            const failed = looks.filter(({ verdict, settings }) => verdict.verdict === "fail" && settings.enforce);
            if (failed.length === 0) continue;
            const why = reasonsOf(failed);
            if (failed.every(({ settings }) => settings.onFail === "hold"))
                return {
                    outcome: "held",
                    words: `${why}\nThe users stay where they are.\n  fix: npx upshift abort ${moved[0]?.service}${hands.where}`,
                };
            await goBack(moved, why);
            return { outcome: "rolledBack", words: why };
        }
    }

    /** The word of all gates is that of the slowest, or of one that fails. */
    private tell(step: string, looks: readonly Looked[], seconds: number): void {
        const verdict = together(looks.map((one) => one.verdict));
        const deciding = looks.filter((one) => one.verdict.verdict === verdict);
        const reason = reasonsOf(deciding);
        const isEnforced = deciding.some(({ settings }) => settings.enforce);
        this.hands.tell({ kind: "gate", step, verdict, reason, isEnforced, seconds });
        this.last = `${step} ${verdict}: ${reason}`;
    }

    /** One window more of a service's gate. @param services how many share the chance of failing a good release */
    private async look(member: Moved, position: number, settings: ReleaseSettings, services: number): Promise<Looked> {
        const { service, to, served, hands } = member;
        const isAlone = served.weights[to] === 100;
        const names = { canary: to, ...(!isAlone && { stable: served.stable }) };
        const gate =
            this.gates.get(service) ??
            new Gate({
                ...{ service, canary: to, stable: served.stable, services },
                before: this.before.get(service) ?? [],
                settings: gateSettingsOf(settings),
            });
        this.gates.set(service, gate);
        try {
            const window = await hands.window({ ...names, step: position });
            // The gate's last word was about the step before.
            if (window) gate.add(window);
            else gate.miss("Nothing has been counted at these weights yet.");
        } catch (error) {
            gate.miss((error as Error).message);
        }
        return { member, settings, verdict: gate.verdict() };
    }

    /** How stable's requests fail while nobody else has any. What can't be counted yet is told once there is something to judge. */
    private async learn({ service, to, served: { stable }, hands }: Moved, position: number): Promise<void> {
        const window = await hands.window({ canary: to, stable, step: position }).catch(() => undefined);
        if (window?.stable) this.before.set(service, [...(this.before.get(service) ?? []), window.stable]);
    }

    /** Waits at the pauses after a step. @returns the step after them, or how the release ended there */
    async beyondPauses(
        steps: readonly ReleaseStep[],
        position: number,
        moved: readonly Moved[],
    ): Promise<number | Ending> {
        const { hands } = this;
        const passed = nameOf(steps, position);
        let next = position + 1;
        for (let step = steps[next]; step?.kind === "pause"; step = steps[++next]) {
            const { seconds, name } = step;
            const began = Date.now();
            const how = `npx upshift promote ${moved[0]?.service}${hands.where}`;
            const until = seconds === undefined ? `somebody lets it go on: ${how}` : `${seconds} s are over, or ${how}`;
            hands.tell({ kind: "waits", step: name, why: `until ${until}` });
            while (seconds === undefined || secondsSince(began) < seconds) {
                // A pause has an end of its own, or none: what can't be judged has another.
                const told = await toldOtherwise(moved, await settingsOf(moved), passed, Date.now());
                if (told === "goOn") break;
                if (told !== "nothing") return told;
                await hands.rest(pauseLookSeconds);
            }
            this.paused += secondsSince(began);
        }
        return next;
    }
}

/** Seconds from a moment until now. */
export function secondsSince(began: number): number {
    return (Date.now() - began) / 1000;
}

/** Seconds between two looks at the config while a release pauses. */
const pauseLookSeconds = 2;

function settingsOf(moved: readonly Moved[]): Promise<ReleaseSettings[]> {
    return Promise.all(moved.map(({ hands }) => hands.settings()));
}

function reasonsOf(looks: readonly Looked[]): string {
    return looks.map(({ verdict }) => verdict.reason).join(" ");
}

/** What the config says of a gate. */
export function gateSettingsOf({ gate, bake }: ReleaseSettings): Partial<GateSettings> {
    const given = Object.entries({ ...gate, bakeSeconds: secondsOf(bake) }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given);
}

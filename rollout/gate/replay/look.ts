import { gateOf } from "../../release/gates";
import { secondsOf } from "../../release/durations";
import type { VersionCounts } from "../counts";
import type { Gate, GateVerdict, Verdict } from "../gate";
import { isOver, isUnder } from "../metric";
import { defaultSettings } from "../settings";
import type { Bursts } from "./bursts";
import type { Dealer } from "./deal";
import type { PastWindow } from "../past";
import type { Because, CountedStep, Found, Rehearsed } from "./rehearsal";

/** Looks at one service through a release of the past as the driver does: by a gate for users, and by one for copies. */
export class Look {
    /** What it says now. */
    verdict: Verdict = "inconclusive";
    private gate?: Gate;
    private ofCopies?: Gate;
    private last?: GateVerdict;
    private isCompared = false;
    private isMissing = false;
    private readonly before: VersionCounts[];

    /** @param before what the gate knows of the time before the release. */
    constructor(
        readonly service: string,
        private readonly of: Rehearsed,
        private readonly dealer: Dealer,
        private readonly bursts: Bursts,
        before: readonly VersionCounts[],
    ) {
        this.before = [...before];
    }

    /**
     * One window more.
     *
     * @param window undefined where nothing was counted until now, as it happens to one service of several.
     * @param seconds for which the step has been watched, with this one.
     */
    at(step: CountedStep, position: number, window: PastWindow | undefined, seconds: number): void {
        if (step.kind === "header") {
            if (window) this.before.push(window.counts);
            this.verdict = seconds >= secondsOf(this.of.settings.bake) ? "pass" : "inconclusive";
            return;
        }
        const isCopied = step.kind === "mirror";
        const gate = isCopied ? (this.ofCopies ??= this.made(true)) : (this.gate ??= this.made(false));
        this.isMissing = window === undefined;
        // Copies are judged by the ceiling alone, and so is a version that has everybody.
        this.isCompared = !isCopied && step.percent < 100;
        if (window) {
            const { canary, stable } = this.dealer.deal(window.counts, step.percent / 100, this.bursts);
            if (isCopied) this.before.push(window.counts);
            const { seconds: length } = window;
            gate.add({ seconds: length, step: position, canary, stable: this.isCompared ? stable : undefined });
        } else gate.miss("Nothing was counted of it then.");
        this.last = gate.verdict();
        this.verdict = this.last.verdict;
    }

    /** What the gate said last; of testers alone it says nothing. */
    get reason(): string {
        return this.last?.reason ?? "";
    }

    /** @param isStopped whether it is what stopped the release. */
    found(isStopped: boolean): Found {
        const { metrics = [] } = this.last ?? {};
        const dispersion = Object.fromEntries(metrics.map((metric) => [metric.what, metric.dispersion]));
        return { bursts: this.bursts, dispersion, ...(isStopped && { because: this.because }) };
    }

    /** Why the last verdict was none that lets a release go on. */
    private get because(): Because {
        if (this.isMissing) return { kind: "requests" };
        const { verdict, needs, metrics = [] } = this.last ?? {};
        const { beta = defaultSettings.beta } = this.of.settings.gate;
        const limited = metrics.filter(({ ceiling }) => ceiling !== undefined);
        const over = limited.find((metric) => isOver(metric, "canary", beta));
        if (verdict === "fail" && this.isCompared) return { kind: "comparison" };
        if (over) return { kind: "ceiling", what: over.what };
        if (metrics.length === 1 && this.isTimed && this.isCompared) return { kind: "untimed" };
        // Near the ceiling, or after what looks like a large burst, it is not requests that it lacks.
        const unproven = limited.find((metric) => !isUnder(metric, beta));
        const isNear = limited.some(({ ceiling = 1, step: { canary: all } }) => all.bad > (ceiling / 2) * all.requests);
        const isByBursts = unproven && limited.every((metric) => isUnder({ ...metric, dispersion: 1 }, beta));
        if (needs && !isNear && !isByBursts)
            return { kind: "requests", ...(needs.seconds !== undefined && { seconds: needs.seconds }) };
        return unproven ? { kind: "ceiling", what: unproven.what } : { kind: "comparison" };
    }

    /** Whether the last gate was to look at how long requests take. */
    private get isTimed(): boolean {
        return this.gate !== undefined && this.of.settings.gate.latency !== false;
    }

    private made(isCopied: boolean): Gate {
        const { service: release, version, settings, services } = this.of;
        const names = { service: this.service, release, canary: againOf(version), stable: version, isCopied };
        return gateOf(names, settings, this.before, services);
    }
}

/** How the new version is called, which is the version itself. */
export function againOf(version: string): string {
    return `${version}-again`;
}

import { none, plus, type VersionCounts } from "./counts";
import { quantile } from "./latency";
import type { CountedWindow } from "./windows";

/** What was counted of a service at the callers, since the weights of its step serve. */
export interface ServiceTraffic {
    readonly service: string;
    /** For how long it was counted: windows that could not be read are left out. */
    readonly seconds: number;
    readonly requests: number;
    /** Stable and the new version, and every other that got a request; the new one last. */
    readonly versions: readonly VersionTraffic[];
}

/** What one version got of it. Percent are exact: whoever shows them rounds. */
export interface VersionTraffic {
    /** Empty for requests whose version nobody knows. */
    readonly version: string;
    readonly requests: number;
    readonly failed: number;
    /** Percent of all users' requests; undefined for copies, which are no user's. */
    readonly share?: number;
    /** Percent of its requests that did not fail; undefined where it got none. */
    readonly success?: number;
    /** Milliseconds within which 99 of 100 were answered; undefined where nothing is timed. */
    readonly p99?: number;
}

/** Whose traffic it is. */
interface Of {
    readonly service: string;
    readonly canary: string;
    readonly stable: string;
    /** Whether the canary gets copies of requests alone. */
    readonly isCopied?: boolean;
}

/**
 * What users' requests say of a service at one step, all windows of it together: the same requests that the gate judges by. The last window
 * alone would be newer, and at a share of 10 % it often has too few requests for any of these figures.
 */
export class StepTraffic {
    private step: number | undefined;
    private seconds = 0;
    private readonly sums = new Map<string, VersionCounts>();

    add({ step, seconds, versions }: Pick<CountedWindow, "step" | "seconds" | "versions">): void {
        if (this.step !== step) {
            [this.step, this.seconds] = [step, 0];
            this.sums.clear();
        }
        this.seconds += seconds;
        for (const [version, counts] of Object.entries(versions))
            this.sums.set(version, plus(this.sums.get(version) ?? none, counts));
    }

    /** @returns undefined where nothing was counted at that step yet. */
    at(step: number, { service, canary, stable, isCopied = false }: Of): ServiceTraffic | undefined {
        if (this.step !== step) return undefined;
        const others = [...this.sums].flatMap(([version, { requests }]) => (requests > 0 ? [version] : []));
        const names = [...new Set([stable, ...others.filter((version) => version !== canary).sort(), canary])];
        const isUsers = (version: string): boolean => !isCopied || version !== canary;
        const of = (version: string): VersionCounts => this.sums.get(version) ?? none;
        const all = names.filter(isUsers).reduce((sum, version) => sum + of(version).requests, 0);
        const versions = names.map((version) => figuresOf(version, of(version), isUsers(version) ? all : undefined));
        return { service, seconds: this.seconds, requests: all, versions };
    }
}

/** @param all users' requests; undefined where it has no share of them. */
function figuresOf(version: string, counts: VersionCounts, all: number | undefined): VersionTraffic {
    const { requests, failed } = counts;
    const p99 = quantile(0.99, counts);
    return {
        ...{ version, requests, failed },
        ...(all !== undefined && { share: all === 0 ? 0 : (100 * requests) / all }),
        ...(requests > 0 && { success: (100 * (requests - failed)) / requests }),
        ...(p99 !== undefined && { p99 }),
    };
}

import type { VersionCounts } from "./counts";
import { chooseEdges, edgeAt, isTimed, slowerThan, timedIn } from "./latency";
import { type GateWindow, Metric } from "./metric";
import type { GateSettings } from "./settings";

const ratios = [1.15, 1.3, 1.6, 2, 3, 10];

/**
 * How long the requests of a release take, at edges of the proxies' histogram: those that the config names, or those that say most of
 * stable. These are known from before the first share, or learned from stable's first requests beside the new version.
 */
export class LatencyMetrics {
    /** None before there are edges, and where nobody asks for latency. */
    metrics: readonly Metric[];
    /** Stable's windows in which its requests were timed, until edges are chosen by them. */
    private readonly learned: VersionCounts[];

    /**
     * @param release whose config an error names.
     * @param before stable's windows from before the first share.
     * @throws where the histogram lacks the edge that is asked for.
     */
    constructor(
        private readonly settings: GateSettings,
        private readonly release: string,
        before: readonly VersionCounts[],
    ) {
        this.learned = before.filter(isTimed);
        this.metrics = this.byLearned();
    }

    /**
     * Before a window is judged: an edge that the config names is looked at as soon as either version has a histogram. Nothing is chosen
     * by what they do.
     *
     * @throws where the histogram lacks it.
     */
    begin({ canary, stable }: GateWindow): void {
        const { latency } = this.settings;
        const timed = [stable, canary].find((one) => one !== undefined && isTimed(one));
        if (this.metrics.length > 0 || !latency || latency.edge === undefined || !timed) return;
        this.metrics = this.at([edgeAt(latency.edge, timed, this.release)]);
    }

    /**
     * After a window, which is not judged by it: edges are chosen once stable's requests are enough, or as many as come.
     *
     * @param secondsOfStep for which the step has been watched.
     */
    learn({ stable }: GateWindow, secondsOfStep: number): void {
        const { latency, minRequests, bakeSeconds } = this.settings;
        if (this.metrics.length > 0 || !latency || !stable || !isTimed(stable)) return;
        this.learned.push(stable);
        const timed = timedIn(this.learned).get(Infinity) ?? 0;
        if (timed >= minRequests || secondsOfStep >= bakeSeconds) this.metrics = this.byLearned();
    }

    /**
     * Whether latency is asked for and nothing is known of it yet. Of a version that has everybody there is nothing to learn: it has
     * none beside it, and without a ceiling nothing that it could be held to.
     */
    isLearnedBeside(last: GateWindow | undefined): boolean {
        const { latency } = this.settings;
        if (!latency || this.metrics.length > 0) return false;
        return last?.stable !== undefined || latency.ceiling !== undefined;
    }

    private byLearned(): Metric[] {
        const { latency } = this.settings;
        if (!latency || this.learned.length === 0) return [];
        const stable = { requests: 0, failed: 0, timed: timedIn(this.learned) };
        return this.at(latency.edge === undefined ? chooseEdges(stable) : [edgeAt(latency.edge, stable, this.release)]);
    }

    private at(edges: readonly number[]): Metric[] {
        const { tolerated, latency } = this.settings;
        const ceiling = latency ? latency.ceiling : undefined;
        return edges.map((edge) => {
            const slower = (version: VersionCounts): ReturnType<typeof slowerThan> => slowerThan(edge, version);
            return new Metric(`took longer than ${edge} ms`, slower, { ratios, tolerated, ceiling }, this.learned);
        });
    }
}

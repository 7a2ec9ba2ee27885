import type { Weights } from "../../components/traffic/split/weights";
import type { GateWindow } from "./metric";
import { checkSplit } from "./share";

/** What is configured at a step, and what else leads requests. */
export interface Configured {
    readonly canary: string;
    readonly stable: string;
    readonly weights: Weights;
    /**
     * Versions to which other rules than the weights lead, such as that for testers; undefined where requests do not show the split
     * at all: where they are tried again, or are connections.
     */
    readonly ruled: readonly string[] | undefined;
}

/**
 * Watches whether the requests of a step are split as configured, from the windows that the gate has.
 *
 * Testers are counted as everybody else. Where a rule leads some to the new version, only too small a share of it is called wrong: more
 * of its requests never make that likelier, so that the chance of calling a right split wrong stays at one in 1,000 a step.
 */
export class SplitWatch {
    private step: number | undefined;
    private canary = 0;
    private stable = 0;
    private problem: string | undefined;

    /** @returns what is wrong with the split, as the evidence of all windows of the step says; undefined where nothing is. */
    add(window: GateWindow, configured: Configured): string | undefined {
        const isFirst = this.step !== window.step;
        if (isFirst) [this.step, this.canary, this.stable, this.problem] = [window.step, 0, 0, undefined];
        // What was under way as the weights changed ends in the first window.
        if (isFirst || !window.stable || !isShown(configured)) return this.problem;
        this.canary += window.canary.requests;
        this.stable += window.stable.requests;
        this.problem = problemOf(this.canary, this.stable, configured);
        return this.problem;
    }

    /** What was wrong at the last window. */
    get last(): string | undefined {
        return this.problem;
    }
}

function isShown({ canary, stable, weights, ruled }: Configured): boolean {
    const isBetweenThem = (weights[canary] ?? 0) + (weights[stable] ?? 0) === 100;
    return isBetweenThem && ruled !== undefined && ruled.every((version) => version === canary);
}

function problemOf(requests: number, others: number, configured: Configured): string | undefined {
    const { canary, stable, weights, ruled = [] } = configured;
    const [share, rest] = [weights[canary] ?? 0, weights[stable] ?? 0];
    const {
        holds,
        versions,
        requests: all,
    } = checkSplit({ [canary]: requests, [stable]: others }, { [canary]: share, [stable]: rest });
    const measured = versions.find(({ version }) => version === canary)?.measured ?? 0;
    if (holds || (ruled.length > 0 && measured > share)) return undefined;
    return `${canary} got ${measured.toFixed(1)} % of ${all} requests, and ${share} % is configured; chance alone does so in less than one of 1,000 steps. Who sends them: npx upshift graph`;
}

import { Load } from "../../rollout/load/load";
import { loadOn } from "../../systems/play/entrance";
import type { Window } from "../../rollout/load/protocol";
import type { StackOutputs } from "../../systems/play/outputs";
import { mostRequests } from "../../systems/play/tell";
import type { Story } from "../../systems/play/story";

/** Requests a second of the load under which faults happen. */
export const rate = 200;

/** What became of the requests that were begun in a second or so. Times are milliseconds since 1970. */
export interface Slice extends Pick<Window, "requests" | "failed" | "failures" | "versions"> {
    readonly from: number;
    readonly to: number;
}

/** A load in slices of a second, so that it is known when a request failed. Half of the requests open a connection of their own. */
export class Traffic {
    private readonly slices: Slice[] = [];
    private readonly cutting: Promise<void>;
    private isOver = false;
    private error: Error | undefined;

    private constructor(private readonly load: Load) {
        this.cutting = this.cut().catch((error: Error) => {
            if (!this.isOver) this.error = error;
        });
    }

    /**
     * @param isOutside whether it comes by the machine's own loopback, as a user's does, and so outlives the cluster's network; else
     *     from inside that network, where nothing but the mesh is between.
     */
    static async on(story: Story, outputs: StackOutputs, isOutside = false): Promise<Traffic> {
        const { options, prefix } = await loadOn(story, outputs, {
            rate,
            freshEvery: 2,
            maxRequests: mostRequests(1, rate),
        });
        const address = options.certificate === undefined ? outputs.httpAddress : outputs.gatewayAddress;
        const scheme = new URL(options.origin).protocol;
        const outside = { ...options, origin: `${scheme}//${address}` };
        return new Traffic(isOutside ? new Load(outside, []) : new Load(options, prefix));
    }

    /** Waits for so many requests that are begun from now on, and tells what became of them. @throws when the load has ended */
    async next(requests: number): Promise<Slice> {
        const now = Date.now();
        for (;;) {
            if (this.error) throw this.error;
            const seen = this.since(now);
            if (together(seen).requests >= requests) return together(seen);
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    }

    /** The slices that were begun after a moment. */
    since(moment: number): Slice[] {
        return this.slices.filter(({ from }) => from >= moment);
    }

    /** The slices in which requests were begun at or after a moment. */
    touching(moment: number): Slice[] {
        return this.slices.filter(({ to }) => to >= moment);
    }

    /** The processes of the load, which a machine that stands still takes along. */
    get pid(): number | undefined {
        return this.load.pid;
    }

    async stop(): Promise<void> {
        this.isOver = true;
        this.load.kill();
        await this.cutting;
    }

    private async cut(): Promise<void> {
        while (!this.isOver) {
            const { began = Date.now(), seconds, requests, failed, failures, versions } = await this.load.cut(rate);
            this.slices.push({ from: began, to: began + seconds * 1000, requests, failed, failures, versions });
        }
    }
}

/** Slices as one. */
export function together(slices: readonly Slice[]): Slice {
    const failures: Record<string, number> = {};
    const versions: Record<string, Record<string, number>> = {};
    for (const slice of slices) {
        for (const [why, count] of Object.entries(slice.failures)) failures[why] = (failures[why] ?? 0) + count;
        for (const [service, counts] of Object.entries(slice.versions))
            for (const [version, count] of Object.entries(counts)) {
                const sums = (versions[service] ??= {});
                sums[version] = (sums[version] ?? 0) + count;
            }
    }
    return {
        from: Math.min(...slices.map(({ from }) => from)),
        to: Math.max(...slices.map(({ to }) => to)),
        requests: slices.reduce((sum, { requests }) => sum + requests, 0),
        failed: slices.reduce((sum, { failed }) => sum + failed, 0),
        failures,
        versions,
    };
}

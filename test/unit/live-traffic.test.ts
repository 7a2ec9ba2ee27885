import * as assert from "node:assert/strict";
import { type CountingHands, LiveTraffic, watchedWords } from "../../rollout/release/liveTraffic";
import { release } from "../../rollout/release/settings";
import { ManyServices } from "../support/manyServices";

/** Percent of users that the new version has while a window is counted, or why none can be. */
type Window = number | Error;

/** Hands that count these windows, and then nothing any more until they are told to end. */
class Counting {
    readonly counted: string[] = [];
    isClosed = false;
    readonly hands: CountingHands;
    /** All windows are counted. */
    readonly over: Promise<void>;
    private end: () => void = () => undefined;
    private isInterrupted = false;

    /** @param parts services of a chain, where it is one. */
    constructor(windows: readonly Window[], parts: readonly string[] = []) {
        const one = new ManyServices({ review: { weights: { v1: 100, v2: 0 } } }).one("review");
        let at = 0;
        let isOver: () => void = () => undefined;
        this.over = new Promise((resolve) => (isOver = resolve));
        const ended = new Promise<void>((resolve) => (this.end = resolve));
        const isHeld = (): boolean => this.isInterrupted;
        const now = (): Window | undefined => windows[at];
        this.hands = {
            ...one,
            get isInterrupted() {
                return isHeld();
            },
            settings: () => Promise.resolve(release.parse({ to: "v2" })),
            served: async () => {
                const share = now();
                const v2 = typeof share === "number" ? share : 0;
                const review = { ...(await one.served()), weights: { v1: 100 - v2, v2 } };
                const services = parts.map((name) => ({ ...review, name, host: { ...review.host, name } }));
                return parts.length > 0 ? { ...review, chain: { services } } : review;
            },
            rest: () => Promise.resolve(),
            window: async ({ step, canary, stable = "" }, { name }) => {
                const share = now();
                if (share === undefined) {
                    isOver();
                    await ended;
                    return undefined;
                }
                this.counted.push(`${name} ${String(share)}`);
                // All services of a chain are counted at once.
                await Promise.resolve();
                if (parts.length === 0 || name === parts.at(-1)) at++;
                if (share instanceof Error) throw share;
                const counts = { requests: 10 * share, failed: 1 };
                const versions = { [stable]: { requests: 1000 - 10 * share, failed: 0 }, [canary]: counts };
                return { seconds: 10, step, canary: counts, stable: undefined, versions };
            },
            interrupt: () => {
                this.isInterrupted = true;
                this.end();
            },
            close: () => void (this.isClosed = true),
        };
    }
}

describe("the requests of releases while somebody looks on", () => {
    const watched = async (counting: Counting): Promise<string[]> => {
        const live = new LiveTraffic(() => counting.hands);
        assert.match(live.of(["review"]).flatMap(watchedWords).join(), /^review: its requests are counted from now on/);
        await counting.over;
        const words = live.of(["review"]).flatMap(watchedWords);
        await live.close();
        assert.ok(counting.isClosed);
        return words;
    };

    it("are told by version: their share, how many succeed, of all windows at these weights", async () => {
        assert.deepEqual(await watched(new Counting([20, 20, 20])), [
            "review: v1 80 %, 100 % succeed; v2 20 %, 99.5 % succeed (3,000 requests in 30 s)",
        ]);
    });
    it("are counted anew where a step has moved users", async () => {
        assert.deepEqual(await watched(new Counting([20, 20, 50])), [
            "review: v1 50 %, 100 % succeed; v2 50 %, 99.8 % succeed (1,000 requests in 10 s)",
        ]);
    });
    it("are those of each service of a chain", async () => {
        const counting = new Counting([20], ["product", "stock"]);
        assert.deepEqual(
            (await watched(counting)).map((line) => line.split(":")[0]),
            ["product", "stock"],
        );
        assert.deepEqual(counting.counted, ["product 20", "stock 20"]);
    });
    it("are not known where nobody counts, with why, until somebody does again", async () => {
        const gone = new Error("Prometheus is gone");
        assert.deepEqual(await watched(new Counting([20, gone])), ["review: not counted: Prometheus is gone"]);
        assert.match((await watched(new Counting([gone, 20]))).join(), /^review: v1 80 %/);
    });
    it("are counted no more once the release is over", async () => {
        const counting = new Counting([20]);
        const live = new LiveTraffic(() => counting.hands);
        live.of(["review"]);
        await counting.over;
        assert.deepEqual(live.of([]), []);
        await live.close();
        assert.ok(counting.hands.isInterrupted);
    });
});

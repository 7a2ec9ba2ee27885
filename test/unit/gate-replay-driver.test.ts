import * as assert from "node:assert/strict";
import { askedFor } from "../../rollout/gate/replay/asked";
import type { VersionCounts } from "../../rollout/gate/counts";
import { burstsAround } from "../../rollout/gate/replay/bursts";
import { Dealer } from "../../rollout/gate/replay/deal";
import type { PastWindow } from "../../rollout/gate/past";
import type { Rehearsed } from "../../rollout/gate/replay/rehearsal";
import { rehearse } from "../../rollout/gate/replay/release";
import type { Compared, CountedWindow } from "../../rollout/gate/windows";
import { Driver } from "../../rollout/release/driver";
import type { Hands, ReleaseEvent, Values, WeightsOf } from "../../rollout/release/hands";
import type { ReleasedService } from "../../rollout/release/service";
import { release } from "../../rollout/release/settings";
import { binomial, lognormal, random } from "../support/gateTraffic";
import { countedWindow } from "../support/countedWindow";

const versions = { stable: "v1", to: "v1-again" };

/** A stack in which the past happens once more, as fast as it is looked at: the driver is the real one. */
class Again implements Hands {
    readonly where = "";
    readonly stack = "dev";
    readonly isInterrupted = false;
    readonly events: ReleaseEvent[] = [];
    now = 0;
    private share = 0;
    private copied = 0;
    private hasTesters = false;
    private readonly left: Iterator<PastWindow>;
    private readonly dealer = new Dealer(1);

    constructor(
        private readonly windows: readonly PastWindow[],
        private readonly given: object,
        private readonly before: readonly VersionCounts[],
    ) {
        this.left = windows.values();
    }
    settings = () => Promise.resolve(release.parse({ ...this.given, to: versions.to }));
    served = () =>
        Promise.resolve({
            ...{ name: "review", stable: versions.stable, maxRaise: 100, ruled: undefined },
            weights: { [versions.stable]: 100 - this.share, [versions.to]: this.share },
            headerTo: this.hasTesters ? versions.to : undefined,
            mirror: this.copied > 0 ? { to: versions.to, percent: this.copied } : undefined,
            host: { name: "review", namespace: "shop" },
            routes: {},
        } as unknown as ReleasedService);
    write = (values: Values, { review }: WeightsOf = {}) => {
        this.share = review?.[versions.to] ?? this.share;
        if ("canaryHeader.to" in values) this.hasTesters = values["canaryHeader.to"] === versions.to;
        const copied = Object.keys(values).some((path) => path.startsWith("routing.review.mirror"));
        if (copied) this.copied = Number(values["routing.review.mirror.percent"] ?? 0);
        return Promise.resolve({});
    };
    up = () => Promise.resolve();
    giveBack = () => Promise.resolve();
    rest = () => Promise.resolve();
    asker = () => assert.fail("no check is asked");
    tell = (event: ReleaseEvent) => void this.events.push(event);
    past = () => Promise.resolve(this.before);
    window = (compared: Compared): Promise<CountedWindow | undefined> => {
        const { step, stable } = compared;
        const { value } = this.left.next() as { value?: PastWindow };
        if (!value) throw new Error("The past is over.");
        this.now = value.at;
        const bursts = burstsAround(this.windows, 0);
        const part = this.copied > 0 ? this.copied : this.share;
        const { seconds, counts } = value;
        const nobody = { requests: 0, failed: 0 };
        if (part === 0)
            return Promise.resolve(countedWindow({ seconds, step, canary: nobody, stable: counts }, compared));
        const { canary, stable: rest } = this.dealer.deal(counts, part / 100, bursts);
        const all = this.copied > 0 ? counts : rest;
        const window = { seconds, step, canary, stable: stable === undefined ? undefined : all };
        return Promise.resolve(countedWindow(window, compared));
    };
}

/** Half an hour and more, in windows of half a minute, from the beginning of the epoch on. */
function past(failing: (minute: number) => number, rate = 40): PastWindow[] {
    const [next, took] = [random(9), lognormal(40)];
    return Array.from({ length: 240 }, (_, index) => {
        const requests = rate * 30;
        const times = Array.from({ length: requests }, () => took(next, 0));
        const timed = new Map([25, 50, 100, 250, Infinity].map((e) => [e, times.filter((one) => one <= e).length]));
        const counts = { requests, failed: binomial(requests, failing(index / 2), next), timed };
        return { at: 30 * (index + 1), seconds: 30, counts };
    });
}

describe("a release of the past", () => {
    const { now } = Date;
    let world: Again | undefined;
    before(() => (Date.now = () => 1000 * (world?.now ?? 0)));
    after(() => (Date.now = now));

    // Failures by ten, of which the windows themselves show nothing.
    const bursts = past(() => 0).map(({ counts }, index) => ({ ...counts, failed: index % 5 === 0 ? 10 : 0 }));
    const prometheus = { url: "http://127.0.0.1:9090" };
    const cases: Readonly<
        Record<string, readonly [given: object, windows: PastWindow[], ending: string, before?: VersionCounts[]]>
    > = {
        "that gets there": [{}, past(() => 0.001), "done"],
        "that bakes for longer, by other steps": [{ steps: "header,50,100", bake: "5m" }, past(() => 0.001), "done"],
        "that the version's own failures hold": [{ timeout: "20m" }, past((at) => (at > 4 ? 0.05 : 0.001)), "held"],
        "that has too few requests": [{ timeout: "20m" }, past(() => 0, 1), "unjudged"],
        "whose ceiling fails it at all users": [{}, past((at) => (at > 9.4 ? 0.3 : 0.001)), "failed"],
        "whose copies fail": [{ steps: "mirror:50,50,100" }, past(() => 0.05), "failed"],
        "that knows the hour before it": [{ prometheus }, past(() => 0.001), "done", bursts],
        "with copies that gets there": [{ steps: "mirror:50,50,100" }, past(() => 0.001), "done"],
    };
    for (const [name, [given, windows, ending, before = []]] of Object.entries(cases))
        it(`${name} ends as the driver itself would end it: ${ending}, with the same words at the same time`, async () => {
            const of: Rehearsed = askedFor(
                {
                    ...{ stack: "dev", service: "review", seconds: 7200, until: 7200, seed: 1 },
                    ...{ prometheus: "http://127.0.0.1:9090", at: "review", replay: "24h" },
                },
                given,
                versions.stable,
            ).of;
            const rehearsed = rehearse(windows, of, new Dealer(1), burstsAround(windows, 0), before);
            assert.equal(rehearsed.ending, ending, rehearsed.reason);
            world = new Again(windows, given, before);
            const outcome = await new Driver("review", world, { hasHeader: true }).run();
            const outcomes = { done: "done", failed: "rolledBack", held: "held", unjudged: "held" };
            assert.equal(outcome, outcomes[ending as keyof typeof outcomes]);
            const gates = world.events.flatMap((one) => (one.kind === "gate" ? [one] : []));
            assert.equal(gates.at(-1)?.reason, rehearsed.reason);
            assert.deepEqual([gates.at(-1)?.step, world.now], [rehearsed.step, rehearsed.ended]);
            const passed = gates.flatMap(({ verdict, step, seconds }) =>
                verdict === "pass" ? [{ step, seconds }] : [],
            );
            assert.deepEqual(
                passed,
                rehearsed.passed.filter(({ step }) => step !== "header"),
            );
            // Ten times as many requests prove as much.
            if (before.length > 0) assert.ok((passed[0]?.seconds ?? 0) > 600, JSON.stringify(passed));
        });
});

import * as assert from "node:assert/strict";
import { askedFor } from "../../rollout/gate/replay/asked";
import type { VersionCounts } from "../../rollout/gate/counts";
import { burstsAround } from "../../rollout/gate/replay/bursts";
import { Dealer } from "../../rollout/gate/replay/deal";
import { asOne, type Moment, momentsOf, ownOf, type PastWindow } from "../../rollout/gate/past";
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
    /** What is left of the past, to each service that is counted. */
    private readonly left = new Map<string, Iterator<Moment, undefined>>();
    private readonly dealer = new Dealer(1);

    /** @param chain the services that are counted, where it is a chain. */
    constructor(
        private readonly name: string,
        private readonly chain: readonly string[],
        private readonly windows: readonly PastWindow[],
        private readonly given: object,
        private readonly before: readonly VersionCounts[],
    ) {}
    settings = () => Promise.resolve(release.parse({ ...this.given, to: versions.to }));
    served = () =>
        Promise.resolve({
            ...{ name: this.name, stable: versions.stable, maxRaise: 100, ruled: undefined },
            weights: { [versions.stable]: 100 - this.share, [versions.to]: this.share },
            headerTo: this.hasTesters ? versions.to : undefined,
            mirror: this.copied > 0 ? { to: versions.to, percent: this.copied } : undefined,
            host: { name: this.name, namespace: "shop" },
            routes: {},
            ...(this.chain.length > 0 && { chain: { services: this.chain.map(partOf) } }),
        } as unknown as ReleasedService);
    write = (values: Values, weights: WeightsOf = {}) => {
        this.share = weights[this.name]?.[versions.to] ?? this.share;
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
    window = (compared: Compared, { name }: ReleasedService["host"]): Promise<CountedWindow | undefined> => {
        const { step, stable } = compared;
        const left = this.left.get(name) ?? momentsOf(this.windows);
        this.left.set(name, left);
        const { value } = left.next();
        if (!value) throw new Error("The past is over.");
        this.now = value.at;
        const [window] = ownOf(name, value.windows);
        if (!window) throw new Error("Nothing was counted of it then.");
        const bursts = burstsAround(ownOf(name, this.windows), 0);
        const part = this.copied > 0 ? this.copied : this.share;
        const { seconds, counts } = window;
        const nobody = { requests: 0, failed: 0 };
        if (part === 0)
            return Promise.resolve(countedWindow({ seconds, step, canary: nobody, stable: counts }, compared));
        const { canary, stable: rest } = this.dealer.deal(counts, part / 100, bursts);
        const all = this.copied > 0 ? counts : rest;
        const dealt = { seconds, step, canary, stable: stable === undefined ? undefined : all };
        return Promise.resolve(countedWindow(dealt, compared));
    };
}

/** A service of the chain, as its routes have it. */
function partOf(name: string): object {
    return { name, host: { name, namespace: "shop" }, ruled: undefined, weights: { v1: 100, [versions.to]: 0 } };
}

/** Half an hour and more, in windows of half a minute, from the beginning of the epoch on. */
function past(failing: (minute: number) => number, rate = 40, seed = 9): PastWindow[] {
    const [next, took] = [random(seed), lognormal(40)];
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
    const well = past(() => 0.001);
    const chain = (product: PastWindow[], review = well): PastWindow[] => asOne({ review, product });
    const product = (failing: (minute: number) => number, rate?: number): PastWindow[] => past(failing, rate, 10);
    /** Of the time from the fourth minute to the eighth nobody has its counts, and then of all of it. */
    const gap = product(() => 0.001).flatMap((one) => {
        if (one.at > 240 && one.at < 480) return [];
        return [one.at === 480 ? { ...one, seconds: 240 } : one];
    });
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
        "of a chain that gets there": [{}, chain(product(() => 0.001)), "done"],
        "of a chain with a service that gets few requests": [{}, chain(product(() => 0, 5)), "done"],
        "of a chain with a service that has none": [{ timeout: "20m" }, chain(product(() => 0, 0)), "unjudged"],
        "of a chain with a service that fails": [
            { timeout: "20m" },
            chain(product((at) => (at > 4 ? 0.05 : 0.001))),
            "held",
        ],
        "of a chain with a service that fails all users": [
            {},
            chain(product((at) => (at > 9.4 ? 0.3 : 0.001))),
            "failed",
        ],
        "of a chain whose services all fail": [
            { steps: "header,100" },
            chain(
                product((at) => (at > 3 ? 0.3 : 0.001)),
                past((at) => (at > 3 ? 0.3 : 0.001)),
            ),
            "failed",
        ],
        "of a chain with a service that nobody has counted for a while": [{}, chain(gap), "done"],
    };
    for (const [name, [given, windows, ending, before = []]] of Object.entries(cases))
        it(`${name} ends as the driver itself would end it: ${ending}, with the same words at the same time`, async () => {
            const counted = [...new Set(windows.flatMap(({ service = [] }) => service))];
            const service = counted.length > 0 ? "shop" : "review";
            const of: Rehearsed = askedFor(
                {
                    ...{ stack: "dev", service, seconds: 7200, until: 7200, seed: 1 },
                    ...{ prometheus: "http://127.0.0.1:9090", at: service, replay: "24h" },
                },
                given,
                versions.stable,
                counted.length > 0 ? counted : undefined,
            ).of;
            const bursts = (name: string) => burstsAround(ownOf(name, windows), 0);
            const rehearsed = rehearse(windows, of, new Dealer(1), bursts, () => before);
            assert.equal(rehearsed.ending, ending, rehearsed.reason);
            world = new Again(service, counted, windows, given, before);
            const outcome = await new Driver(service, world, { hasHeader: true }).run();
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

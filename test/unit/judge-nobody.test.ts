import * as assert from "node:assert/strict";
import { changesBetween } from "../../components/traffic/effect/changes";
import { isMoved, movesIn } from "../../components/traffic/effect/moves";
import type { Placed } from "../../components/traffic/world/objects";
import { type Body, bodyAt, encrypted } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { codes, judged, service, type Split, told, world } from "../support/worlds";

/** Ports of a Service and of its pods. */
interface Ports {
    readonly target?: number | string;
    readonly pods?: readonly object[];
    readonly selector?: Readonly<Record<string, string>>;
}

const named = (name: string, containerPort = 3000): object[] => [{ name, containerPort }];

/** The service review, its Service leading to pods that have such ports. */
function led({ target = "http", pods = named("http"), selector = { app: "review" } }: Ports, split: Split = {}): World {
    const objects = service({ weights: { v1: 50, v2: 50 }, ...split });
    return world(objects.map((one) => ({ ...one, body: { ...one.body, spec: specOf(one, target, pods, selector) } })));
}

function specOf({ kind, name, body }: Placed, target: number | string, pods: object, selector: object): Body {
    const spec = bodyAt(body, "spec");
    if (kind === "Service") {
        const ports = [{ name: "http", port: 80, targetPort: target }];
        return { ...spec, selector, ports } as Body;
    }
    if (kind !== "Deployment") return spec;
    const containers = [{ name: "review", image: name, ports: pods }];
    return { ...spec, template: { ...bodyAt(spec, "template"), spec: { containers } } } as unknown as Body;
}

const cut = {
    "a port that no pods have": { target: "nonesuch" },
    "pods that are not there": { selector: { app: "nope" } },
};
const single: Split = { weights: { v1: 100 }, isUnrouted: true };

describe("a Service that leads to nobody", () => {
    for (const [what, ports] of Object.entries(cut)) {
        it(`fails for all whom its routes lead there, as ${what}`, () => {
            assert.deepEqual(codes(led({}), led(ports)), ["fails"]);
            // Also those of the stable version, and whatever is declared.
            const back = { weights: { v1: 100, v2: 0 }, marks: { inPlace: "v1" } };
            assert.deepEqual(codes(led({}), led(ports, back)), ["fails"]);
        });
        it(`fails as well without routes, as ${what}`, () => {
            assert.equal(codes(led({}, single), led(ports, single)).length, 1);
        });
        it(`is no finding where nobody was there before, and none when it is mended, as ${what}`, () => {
            const broken = led(ports);
            assert.deepEqual(codes(broken, led(ports)), []);
            assert.deepEqual(codes(broken, led({})), []);
            assert.deepEqual(codes(broken, led({}, { weights: { v1: 100, v2: 0 } })), []);
            assert.deepEqual(codes(led(ports, single), led({}, single)), []);
        });
        it(`moves users, as ${what}`, () => {
            assert.ok(changesBetween(led({}), led(ports)).some((change) => isMoved(change)));
        });
    }
    it("is told with what is missing", () => {
        assert.deepEqual(told(led({}), led({ selector: { app: "nope" } })), [
            "review: v1 (no pods) 0 → 100: 100 points more of the requests are answered by no version; at most 25 a step",
        ]);
        const [line] = movesIn(changesBetween(led({}), led({ selector: { app: "nope" } })));
        assert.match(line ?? "", /v1 \(no pods\) 0 → 50, .*v2 \(no pods\) 0 → 50/);
    });
    it("is known of all that there is alone", () => {
        const part = (of: World): World => ({ ...of, isWhole: false });
        assert.deepEqual(codes(part(led({})), part(led({ selector: { app: "nope" } }))), []);
    });
    it("goes no further than any other failure, all of them added up", () => {
        const at = (v2: number, pods: number, weighted?: object): World =>
            led({}, { weights: { v1: 100 - v2, v2 }, pods: { v2: pods }, ...(weighted && { weighted }) });
        const fault = { fault: { abort: { httpStatus: 503, percentage: { value: 20 } } } };
        assert.deepEqual(codes(at(0, 2), at(20, 0)), []);
        assert.deepEqual(codes(at(0, 2), at(40, 0)), ["fails"]);
        assert.deepEqual(codes(at(0, 2), at(20, 0, fault)), ["fails"]);
        assert.deepEqual(codes(at(40, 0), at(0, 0)), []);
    });
    it("counts as the version that is meant where it had no pods before, which may be others'", () => {
        const at = (v2: number): World => led({}, { weights: { v1: 100 - v2, v2 }, pods: { v2: 0 } });
        assert.deepEqual(codes(at(40), at(60)), []);
        assert.deepEqual(codes(at(40), at(90)), ["raise"]);
    });
});

describe("a port that pods have only once a step has replaced them", () => {
    const renamed: Ports = { target: "web", pods: named("web") };
    const inPlace = { marks: { inPlace: "v1" } };
    const one: Split = { weights: { v1: 100, v2: 0 }, ...inPlace };
    const cutOff = (after: World, before: World): string[] =>
        judged(before, after)
            .findings.filter(({ code }) => code === "fails")
            .map(({ version, detail }) => `${version}${detail}`);

    it("cuts off all until then where the Service leads there by its name, with routes and without", () => {
        const kept = "keep the name of the port, or lead the Service to its number in a step before";
        assert.deepEqual(cutOff(led(renamed, one), led({}, one)), [`v1 (no port web of its pods yet): ${kept}`]);
        assert.deepEqual(cutOff(led(renamed, single), led({}, single)), [`v1 (no port web of its pods yet): ${kept}`]);
    });
    it("cuts off all where its number is another, and the pods say at which they listen", () => {
        const [from, to] = [3000, 4000].map((number): Ports => ({ target: number, pods: named("http", number) })) as [
            Ports,
            Ports,
        ];
        const both = "have its pods listen on both ports in a step before";
        assert.deepEqual(cutOff(led(to, one), led(from, one)), [`v1 (no port 4000 of its pods yet): ${both}`]);
        const wide = [...named("http"), ...named("next", 4000)];
        assert.deepEqual(codes(led(from, one), led({ ...from, pods: wide }, one)), []);
        assert.deepEqual(codes(led({ ...from, pods: wide }, one), led({ ...to, pods: wide }, one)), []);
        assert.deepEqual(codes(led({ ...to, pods: wide }, one), led(to, one)), []);
    });
    it("may get another number under its name: each pod is reached at its own", () => {
        assert.deepEqual(codes(led({}, one), led({ pods: named("http", 4000) }, one)), []);
    });
    it("may get another name where the Service leads there by its number", () => {
        assert.deepEqual(codes(led({}, one), led({ target: 3000 }, one)), []);
        assert.deepEqual(codes(led({ target: 3000 }, one), led({ target: 3000, pods: named("web") }, one)), []);
        assert.deepEqual(codes(led({ target: 3000, pods: named("web") }, one), led(renamed, one)), []);
    });
    it("is not looked for where the ports of the pods can't be read", () => {
        const hidden = (of: World): World => ({
            ...of,
            objects: of.objects.map((one): Placed => {
                if (one.kind !== "Deployment") return one;
                const template: Body = { ...bodyAt(one.body, "spec", "template"), spec: encrypted };
                return { ...one, body: { ...one.body, spec: { ...bodyAt(one.body, "spec"), template } } };
            }),
        });
        assert.deepEqual(cutOff(hidden(led(renamed, one)), led({}, one)), []);
        assert.deepEqual(codes(hidden(led({}, one)), hidden(led({ target: 3000 }, one))), []);
    });
    it("is mended by pods that get it", () => {
        assert.deepEqual(codes(led({ target: "web" }, one), led(renamed, one)), []);
    });
});

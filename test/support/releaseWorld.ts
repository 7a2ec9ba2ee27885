import * as assert from "node:assert/strict";
import { release as schema } from "../../rollout/release/settings";
import type { Mirror } from "../../components/traffic/split/routing";
import type { Weights } from "../../components/traffic/split/weights";
import type { Hands, ReleaseEvent, Values, WeightsOf } from "../../rollout/release/hands";
import type { ReleasedService } from "../../rollout/release/service";
import { weightsConfig } from "../../rollout/weightsConfig";
import type { Answer, Asker } from "../../rollout/gate/checks/check";
import type { Check } from "../../rollout/gate/checks/settings";
import type { VersionCounts } from "../../rollout/gate/counts";
import type { Compared, CountedWindow } from "../../rollout/gate/windows";
import { countedWindow } from "./countedWindow";

/** A stack in memory: its config, what is applied of it, and a clock that only waiting moves. */
export class ReleaseWorld implements Hands {
    readonly config = new Map<string, string | number | boolean>();
    readonly events: ReleaseEvent[] = [];
    readonly applied: string[] = [];
    weights: Weights = { v1: 100, v2: 0 };
    /** Percent of requests that v2 really gets. Default: its weight. */
    real?: number;
    ruled?: readonly string[] = [];
    headerTo?: string | undefined;
    mirror?: Mirror | undefined;
    /** Of a program that reads `routing`. */
    copies = true;
    readonly messages: string[] = [];
    /** Of copies alone, failed of 1,000. */
    failingCopies = 0;
    /** The routes as they are applied, by what tells them from earlier ones; and those by which users were given back. */
    routesNow = "review-vs of the first update";
    writtenBack?: string;
    isInterrupted = false;
    where = "";
    stack = "dev";
    gate: object = { latency: false };
    /** Failed of 1,000 requests to v2 in a window. */
    failing = 0;
    isSilent = false;
    refusesFrom = Infinity;
    readonly comparedWith: (string | undefined)[] = [];
    private windowsOf = new Set<number>();
    onRest: () => void = () => undefined;
    checks: object[] = [];
    /** What a check says each time that it is asked. */
    said: (name: string) => Promise<Answer> = async () => ({ verdict: "pass", evidence: "well" });
    takenAway: string[] = [];

    constructor(release: Record<string, string | number | boolean>) {
        for (const [key, value] of Object.entries(release)) this.config.set(`release.review.${key}`, value);
    }
    settings() {
        const own = [...this.config].flatMap(([path, value]) => {
            const [, key] = /^release\.review\.(\w+)$/.exec(path) ?? [];
            return key ? [[key, value] as const] : [];
        });
        return Promise.resolve(schema.parse({ gate: this.gate, checks: this.checks, ...Object.fromEntries(own) }));
    }
    served() {
        const { weights, headerTo, mirror } = this;
        const host = { name: "review", namespace: "shop" };
        return Promise.resolve({
            weights,
            headerTo,
            mirror,
            ruled: this.ruled,
            stable: "v1",
            maxRaise: 50,
            name: "review",
            host,
            routes: { name: this.routesNow },
        } as ReleasedService);
    }
    write(own: Values, { review = {} }: WeightsOf = {}, expected: Values = {}) {
        if (Object.entries(expected).some(([path, value]) => this.config.get(path) !== value))
            return Promise.resolve({});
        const values: Values = { ...own, ...weightsConfig("review", review) };
        const old = Object.fromEntries(Object.keys(values).map((path) => [path, this.config.get(path)]));
        for (const [path, value] of Object.entries(values))
            if (value === undefined) for (const key of this.under(path)) this.config.delete(key);
            else this.config.set(path, value);
        return Promise.resolve(old);
    }
    /** What stands at a path of the config, and under it. */
    under(path: string): string[] {
        return [...this.config.keys()].filter((key) => key === path || key.startsWith(`${path}.`));
    }
    up(message: string) {
        this.messages.push(message);
        const v2 = Number(this.config.get("weights.review.v2") ?? 0);
        if (v2 >= this.refusesFrom) return Promise.reject(new Error("review: v2 is a raise too far"));
        const v1b = Number(this.config.get("weights.review.v1b") ?? 0);
        this.weights = { v1: 100 - v2 - v1b, v2, ...("v1b" in this.weights && { v1b }) };
        this.headerTo = this.config.get("canaryHeader.to") as string | undefined;
        const before = this.mirror;
        const to = this.config.get("routing.review.mirror.to") as string | undefined;
        const percent = Number(this.config.get("routing.review.mirror.percent"));
        this.mirror = to !== undefined && this.copies ? { to, percent } : undefined;
        if (this.mirror && !before) this.applied.push(`mirror ${percent}`);
        else this.applied.push(v2 === 0 && this.headerTo ? "header" : String(v2));
        return Promise.resolve();
    }
    giveBack(weights: Weights, served: ReleasedService) {
        this.weights = weights;
        this.writtenBack = served.routes.name;
        this.applied.push("given back");
        return Promise.resolve();
    }
    async window(compared: Compared): Promise<CountedWindow | undefined> {
        const { step, stable } = compared;
        this.comparedWith.push(stable);
        await this.rest(10);
        if (this.isSilent) throw new Error("nobody counts");
        if (!this.windowsOf.has(step)) {
            this.windowsOf.add(step);
            return undefined;
        }
        const share = this.real ?? this.weights.v2 ?? 0;
        if (this.mirror && share === 0) {
            const copied = 10 * (this.mirror.percent ?? 0);
            const failed = Math.round((this.failingCopies * copied) / 1000);
            const users = { requests: 1000, failed: 0 };
            return countedWindow({ seconds: 10, step, canary: { requests: copied, failed }, stable: users }, compared);
        }
        const canary = { requests: 10 * share, failed: Math.round((this.failing * 10 * share) / 1000) };
        const others = stable === undefined ? undefined : { requests: 10 * (100 - share), failed: 0 };
        return countedWindow({ seconds: 10, step, canary, stable: others }, compared);
    }
    /** Stable's windows before the release, where whoever counts has a past. */
    bygone: VersionCounts[] | Error = [];
    past() {
        return this.bygone instanceof Error ? Promise.reject(this.bygone) : Promise.resolve(this.bygone);
    }
    asker(check: Check): Asker {
        return { ask: () => this.said(check.name), passed: async () => void this.takenAway.push(check.name) };
    }
    rest(seconds: number) {
        clock += seconds * 1000;
        this.onRest();
        return Promise.resolve();
    }
    tell = (event: ReleaseEvent) => void this.events.push(event);

    get end() {
        const last = this.events.at(-1);
        assert.equal(last?.kind, "ends");
        return last;
    }
}

let clock = 0;

/** Has the time of a suite be that of its worlds. */
export function useReleaseClock(): void {
    const { now } = Date;
    before(() => (Date.now = () => clock));
    after(() => (Date.now = now));
}

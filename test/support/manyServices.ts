import type { Weights } from "../../components/traffic/split/weights";
import { groupOf } from "../../rollout/release/group";
import type { FinishHands } from "../../rollout/release/finish/finishHands";
import type { ReleaseEvent, Stop, Values, WeightsOf } from "../../rollout/release/hands";
import type { ManyHands, Services, Unmovable } from "../../rollout/release/manyHands";
import type { ReleasedService } from "../../rollout/release/service";
import { declaredRelease, release, type ReleaseSettings } from "../../rollout/release/settings";
import { areSame } from "../../rollout/release/undo/way";
import { weightsConfig } from "../../rollout/weightsConfig";
import { routes } from "./worlds";
import { countedWindow } from "./countedWindow";

/** A service of the stack below, as it is at first. */
export interface Held {
    weights: Weights;
    stable?: string;
    headerTo?: string;
    maxRaise?: number;
    group?: string;
    maxRaiseTogether?: number;
}

/** A stack with several services in memory: its config, what is applied of it, what the cluster has, and a clock that only waiting moves. */
export class ManyServices implements ManyHands {
    readonly config = new Map<string, string | number | boolean>();
    readonly events: ReleaseEvent[] = [];
    /** What was done, in order: `give back review, product`, `write`, `up: …`. */
    readonly done: string[] = [];
    readonly others: Unmovable[] = [];
    cluster: Record<string, Weights> = {};
    isInterrupted = false;
    /** Who has stopped the line. */
    stop: Stop | undefined;
    /** Failed of 1,000 requests to the new version in a window. */
    failing = 0;
    where = "";
    seconds = 0;
    /** When each service's users were moved last, in milliseconds of that clock. */
    readonly movedAt: Record<string, number> = {};
    /** The largest rise of a version that an update has made. */
    largestRaise = 0;
    onRest: () => void = () => undefined;
    onUp: () => void = () => undefined;

    constructor(readonly applied: Record<string, Held>) {
        for (const [service, { weights }] of Object.entries(applied)) {
            this.cluster[service] = weights;
            this.put(weightsConfig(service, weights));
        }
    }

    /** `release.<service>`, as somebody has declared it. */
    declare(service: string, values: Record<string, string | number | boolean>): this {
        this.put(Object.fromEntries(Object.entries(values).map(([key, one]) => [`release.${service}.${key}`, one])));
        return this;
    }

    async served(): Promise<Services> {
        const services = Object.entries(this.applied).map(([name, { weights, headerTo, ...marks }]) => {
            const { stable = "v1", maxRaise = 50, maxRaiseTogether = 100, group = "" } = marks;
            const own = { service: name, stable, maxRaise, maxRaiseTogether, group: marks.group };
            const applied = { name, weights, headerTo, stable, maxRaise, maxRaiseTogether, group };
            return [
                name,
                {
                    ...applied,
                    host: { name, namespace: "shop" },
                    routes: routes({ name, weights, marks: own, rules: headerTo ? [ruleTo(name, headerTo)] : [] }),
                } as ReleasedService,
            ] as const;
        });
        return { services: Object.fromEntries(services), others: this.others };
    }

    async settings(): Promise<Record<string, ReleaseSettings | Error>> {
        const read = Object.keys(this.applied).flatMap((service) => {
            const own = this.given(service);
            if (Object.keys(own).length === 0) return [];
            const { data, error } = release.safeParse(own);
            return [[service, data ?? error]];
        });
        return Object.fromEntries(read) as Record<string, ReleaseSettings | Error>;
    }

    /** `release.<service>` as the config has it. */
    private given(service: string): Record<string, string | number | boolean> {
        const own = [...this.config].flatMap(([path, value]) =>
            path.startsWith(`release.${service}.`) ? [[path.split(".").slice(2).join("."), value] as const] : [],
        );
        return Object.fromEntries(own);
    }

    async groupOf(service: string): Promise<string[]> {
        const named = [...this.config].flatMap(([path, value]) => {
            const [, of, key] = /^release\.(\w+)\.(with)$/.exec(path) ?? [];
            return of && key ? [[of, { [key]: value }] as const] : [];
        });
        return groupOf(service, Object.fromEntries(named));
    }

    async live(): Promise<WeightsOf> {
        return this.cluster;
    }

    async asked(): Promise<WeightsOf> {
        return Object.fromEntries(Object.keys(this.applied).map((service) => [service, this.configured(service)]));
    }

    /** The weights of a service, as the config has them. */
    private configured(service: string): Weights {
        return Object.fromEntries(
            [...this.config].flatMap(([path, value]) => {
                const [, of, version = ""] = /^weights\.(\w+)\.(\w+)$/.exec(path) ?? [];
                return of === service ? [[version, Number(value)]] : [];
            }),
        );
    }

    async header(): Promise<Record<string, string>> {
        const own = [...this.config].filter(([path]) => path.startsWith("canaryHeader."));
        return Object.fromEntries(own.map(([path, value]) => [path.slice("canaryHeader.".length), String(value)]));
    }

    async write(values: Values, weights: WeightsOf = {}): Promise<Values> {
        this.done.push("write");
        const paths = Object.entries(weights).map(([service, own]) => weightsConfig(service, own));
        const all = Object.assign({}, values, ...paths) as Values;
        const old = Object.fromEntries(Object.keys(all).map((path) => [path, this.config.get(path)]));
        this.put(all);
        return old;
    }

    async up(message: string): Promise<void> {
        this.onUp();
        this.done.push(`up: ${message}`);
        for (const [service, held] of Object.entries(this.applied)) {
            const weights = this.configured(service);
            for (const [version, weight] of Object.entries(weights))
                if (version !== (held.stable ?? "v1"))
                    this.largestRaise = Math.max(this.largestRaise, weight - (held.weights[version] ?? 0));
            if (!areSame(held.weights, weights)) this.movedAt[service] = this.seconds * 1000;
            held.weights = weights;
            const stable = this.config.get(`stable.${service}`);
            if (typeof stable === "string") held.stable = stable;
            this.cluster[service] = weights;
        }
        const headerTo = this.config.get("canaryHeader.to");
        if (typeof headerTo === "string") for (const held of Object.values(this.applied)) held.headerTo = headerTo;
    }

    async giveBack(weights: WeightsOf): Promise<void> {
        this.done.push(`give back ${Object.keys(weights).join(", ")}`);
        Object.assign(this.cluster, weights);
    }

    async rest(seconds: number): Promise<void> {
        this.seconds += seconds;
        this.onRest();
    }

    /** The hands of one of its services; what is counted is good, a window of ten seconds each time. */
    one(service: string): FinishHands {
        const held = (): boolean => this.isInterrupted;
        const seen = new Set<number>();
        return {
            where: this.where,
            tell: this.tell,
            rest: (seconds) => this.rest(seconds),
            settings: async () => {
                const found = (await this.settings())[service];
                if (found === undefined || found instanceof Error) throw found ?? new Error("nothing is declared");
                return found;
            },
            declared: async () => declaredRelease.parse(this.given(service)),
            movedAt: async () => this.movedAt[service],
            served: async () => (await this.served()).services[service] as ReleasedService,
            write: (values, weights) => this.write(values, weights),
            up: (message) => this.up(message),
            giveBack: (weights) => this.giveBack({ [service]: weights }),
            stopped: async () => this.stop,
            stack: "dev",
            asker: () => {
                throw new Error("These releases have no further checks.");
            },
            window: async (compared) => {
                const { step, stable } = compared;
                await this.rest(10);
                if (!seen.has(step)) return void seen.add(step);
                const good = { requests: 1000, failed: 0 };
                const canary = { requests: 1000, failed: this.failing };
                const window = { seconds: 10, step, canary, stable: stable === undefined ? undefined : good };
                return countedWindow(window, compared);
            },
            get isInterrupted() {
                return held();
            },
        };
    }

    async stopped(): Promise<Stop | undefined> {
        return this.stop;
    }

    tell = (event: ReleaseEvent) => void this.events.push(event);

    /** What it said last. */
    get words(): string {
        const last = this.events.at(-1);
        return last?.kind === "ends" ? last.words : "";
    }

    private put(values: Values): void {
        for (const [path, value] of Object.entries(values))
            if (value === undefined) this.config.delete(path);
            else this.config.set(path, value);
    }
}

/** The rule of the canary header. */
function ruleTo(host: string, subset: string): object {
    const match = [{ headers: { "x-group": { exact: "test" } } }];
    return { name: "canary-header", match, route: [{ destination: { host, subset } }] };
}

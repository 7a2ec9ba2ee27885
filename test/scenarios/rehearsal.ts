import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import { canaryHeaderIn, mirrorIn, routesFor } from "../../components/traffic/split/routes";
import type { Routing } from "../../components/traffic/split/routing";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { annotationsFor } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import { marksFor, type TrafficLimits } from "../../components/split/stepArgs";
import type { ReleasedService } from "../../rollout/release/service";
import { told, world } from "../support/worlds";
import { differences, type Live, liveIn } from "./live";
import { place, usualConfig } from "./program";
import { type Change, castOf, type Found, played, type Role, type Scenario, type Step } from "./scenario";

/** The config of the program, as a scenario has written it by now. */
interface Config {
    weights: { web: Record<string, number> };
    stable: { web: string };
    images: { web: Record<string, string> };
    replicas?: { web: Record<string, number> };
    limits: TrafficLimits;
    routing?: { web?: Routing };
    blueGreen?: { web?: string };
    canaryHeader?: Partial<CanaryHeader>;
    release: { web: object };
}

/** A scenario without a cluster: each step is laid before the judge, and what the program's own route builder makes of it is looked at. */
export class Rehearsal {
    private readonly cast;
    private readonly config: Config;
    private applied: readonly Placed[];

    constructor({ given = {} }: Scenario, old: string) {
        this.cast = castOf(old);
        this.config = structuredClone(usualConfig(old)) as unknown as Config;
        this.write(given);
        this.applied = objectsOf(this.config);
    }

    /** Takes a step. @returns what the judge says of it, and what is not as the step has it */
    take({ does, found }: Step): { findings: string[]; differs: string[] } {
        const findings: string[] = [];
        if ("up" in does || "fails" in does) {
            this.write("up" in does ? does.up : does.fails);
            const next = objectsOf(this.config);
            findings.push(...told(world(this.applied), world(next), { maxRaise: 50 }));
            // Routes come after pods, and pods that can't start leave those before them.
            this.applied = "up" in does ? next : halfway(this.applied, next);
        } else if (found) this.follow(found);
        return { findings, differs: found ? differences(found, this.live, this.cast) : [] };
    }

    /** What a release is begun over. */
    get around(): {
        readonly applied: Pick<ReleasedService, "weights" | "headerTo" | "mirror" | "stable" | "maxRaise">;
        readonly release: object;
        readonly hasHeader: boolean;
    } {
        const { weights, stable, limits, release, canaryHeader } = this.config;
        const spec = specOf(this.config);
        const headerTo = canaryHeaderIn(spec)?.to;
        const { maxRaise = 50 } = limits;
        return {
            applied: { weights: weights.web, stable: stable.web, maxRaise, headerTo, mirror: mirrorIn(spec) },
            release: release.web,
            hasHeader: canaryHeader !== undefined,
        };
    }

    get live(): Live {
        const items = this.applied.map(({ kind, body }) => ({ kind, ...body }));
        return liveIn(JSON.stringify({ items }));
    }

    /** A release, or a word to it, has led to where the scenario finds it: what it writes is tested elsewhere. */
    private follow({ weights, rules = [] }: Found): void {
        const all = Object.keys(this.config.images.web).map((version) => {
            const [role] = Object.entries(this.cast).find(([, one]) => one === version) ?? [];
            return [version, weights[role as Role] ?? 0];
        });
        this.config.weights.web = Object.fromEntries(all) as Record<string, number>;
        if (rules.includes("canary-header"))
            this.config.canaryHeader = { ...this.config.canaryHeader, to: this.cast.new };
        this.applied = objectsOf(this.config);
    }

    private write(change: Change): void {
        for (const [at, value] of Object.entries(played(change, this.cast))) put(this.config, pathOf(at), value);
    }
}

/** `a.b[0].c` as Pulumi reads it. */
function pathOf(at: string): string[] {
    return at.replace(/\[(\d+)\]/g, ".$1").split(".");
}

function put(target: object, [first = "", ...rest]: readonly string[], value: unknown): void {
    const map = target as Record<string, unknown>;
    if (rest.length === 0 && value === undefined) Reflect.deleteProperty(map, first);
    else if (rest.length === 0) map[first] = value;
    else put((map[first] ??= /^\d+$/.test(rest[0] ?? "") ? [] : {}), rest, value);
}

/** The routes that the program asks for. */
function specOf({ images, weights, canaryHeader, routing }: Config): ReturnType<typeof routesFor> {
    const header = canaryHeader?.to ? (canaryHeader as CanaryHeader) : undefined;
    const versions = Object.keys(images.web).sort();
    return routesFor({ host: "web", versions, weights: weights.web, canaryHeader: header, routing: routing?.web });
}

function objectsOf(config: Config): Placed[] {
    const { images, replicas, stable, limits, blueGreen } = config;
    const versions = Object.keys(images.web).sort();
    const metadata = (name: string, more: object = {}): object => ({ name, namespace: place, ...more });
    const object = (kind: string, body: object): Placed => placed(kind, body as Body);
    const step = { stable: stable.web, limits, blueGreen: blueGreen?.web };
    const annotations = annotationsFor(marksFor("web", step, versions));
    return [
        object("Service", { metadata: metadata("web"), spec: { selector: { app: "web" }, ports: [{ port: 80 }] } }),
        ...versions.map((version) => podsOf(version, images.web[version] ?? "", replicas?.web[version] ?? 1)),
        object("DestinationRule", { metadata: metadata("web-dr"), spec: subsetsFor({ host: "web", versions }) }),
        object("VirtualService", { metadata: metadata("web-vs", { annotations }), spec: specOf(config) }),
    ];
}

function podsOf(version: string, tag: string, pods: number, available = pods): Placed {
    const labels = { app: "web", version };
    return placed("Deployment", {
        metadata: { name: `web-${version}`, namespace: place },
        spec: {
            replicas: pods,
            template: { metadata: { labels }, spec: { containers: [{ name: "web", image: `registry/web:${tag}` }] } },
        },
        status: { readyReplicas: available, availableReplicas: available },
    });
}

/** The new pods do not start: what ran before them still does, and nothing of the routes is written. */
function halfway(before: readonly Placed[], after: readonly Placed[]): Placed[] {
    const isPods = ({ kind }: Placed): boolean => kind === "Deployment";
    const pods = after.filter(isPods).map((one) => {
        const ran = before.find((other) => other.kind === one.kind && other.name === one.name);
        const { status } = ran?.body ?? { status: { readyReplicas: 0, availableReplicas: 0 } };
        return placed("Deployment", { ...one.body, status });
    });
    return [...before.filter((one) => !isPods(one)), ...pods];
}

import * as fc from "fast-check";
import { deployment } from "./build";
import { exportTo, place, virtualServiceSpec } from "./generate";
import type {
    DestinationRuleSpec,
    Fault,
    HttpMatch,
    HttpRule,
    ServiceSpec,
    VirtualServiceSpec,
    WeightedDestination,
    WorkloadSpec,
} from "./istio";
import { ofKind, type Manifest, type World } from "./manifest";
import { defined, destinations, fault, match, rarely, rule } from "./rules";
import { alone, namesIn, type Setting } from "./vocabulary";

/** What somebody does to a world. `at` picks the object and `rule` the rule, each modulo how many there are. */
export type Change = { readonly at: number; readonly rule: number } & (
    | { readonly kind: "weights"; readonly weights: readonly [number, number] }
    | { readonly kind: "destinations"; readonly route: WeightedDestination[] }
    | { readonly kind: "add a rule"; readonly add: HttpRule }
    | { readonly kind: "remove a rule" }
    | { readonly kind: "move a rule"; readonly to: number }
    | { readonly kind: "match"; readonly match: HttpMatch | undefined }
    | { readonly kind: "fault"; readonly fault: Fault | undefined }
    | { readonly kind: "timeout"; readonly timeout: string | undefined }
    | { readonly kind: "place"; readonly place: Pick<VirtualServiceSpec, "hosts" | "gateways"> }
    | { readonly kind: "exportTo"; readonly exportTo: string[] | undefined }
    | { readonly kind: "add a VirtualService"; readonly spec: VirtualServiceSpec }
    | { readonly kind: "remove a VirtualService" }
    | { readonly kind: "swap subsets" }
    | { readonly kind: "drop a subset" }
    | { readonly kind: "port"; readonly name: string }
    | { readonly kind: "image"; readonly image: string }
    | { readonly kind: "replicas"; readonly replicas: number }
    | { readonly kind: "drop a version" }
    | { readonly kind: "add a version"; readonly version: string }
);

/** Changes of a world; those of pods only where the world has its own. */
export function changes(setting: Setting = alone): fc.Arbitrary<Change> {
    const where = { at: fc.nat(7), rule: fc.nat(7) };
    const of = <Kind extends Change["kind"], More extends object>(
        kind: Kind,
        more: { [K in keyof More]: fc.Arbitrary<More[K]> },
    ) => fc.record({ kind: fc.constant(kind), ...where, ...more });
    const weights = fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 100 }).map((v2): [number, number] => [100 - v2, v2]) },
        { weight: 1, arbitrary: fc.constantFrom<[number, number][]>([1, 25], [0, 1]) },
    );
    const routes = [
        of("weights", { weights }),
        of("weights", { weights }),
        of("destinations", { route: destinations(setting) }),
        of("add a rule", { add: rule(setting) }),
        of("remove a rule", {}),
        of("move a rule", { to: fc.nat(3) }),
        of("match", { match: rarely(4, match(setting), "often") }),
        of("fault", { fault: rarely(3, fault, "often") }),
        of("timeout", { timeout: rarely(3, fc.constantFrom("1ms", "5s"), "often") }),
        of("place", { place: place(setting) }),
        of("exportTo", { exportTo: rarely(3, exportTo, "often") }),
        of("add a VirtualService", { spec: virtualServiceSpec(setting) }),
        of("remove a VirtualService", {}),
        of("swap subsets", {}),
        of("drop a subset", {}),
        of("port", { name: fc.constantFrom("http", "web", "tcp-web") }),
    ];
    const pods = [
        of("image", { image: fc.constantFrom("image:1", "image:2", "image:3", "image:4") }),
        of("replicas", { replicas: fc.integer({ min: 0, max: 4 }) }),
        of("drop a version", {}),
        of("add a version", { version: fc.constantFrom("v1", "v2", "v3") }),
    ];
    return fc.oneof(...(setting.pool ? routes : [...routes, ...pods])) as fc.Arbitrary<Change>;
}

/** The world after a change. A change for which the world has no place leaves it as it is. */
export function changed(world: World, change: Change, setting: Setting = alone): World {
    switch (change.kind) {
        case "weights":
            return withRule(
                world,
                change,
                (one) => ({
                    ...one,
                    route: one.route?.map((part, n) => ({ ...part, weight: change.weights[n] ?? 0 })),
                }),
                ({ route = [] }) => route.length > 1,
            );
        case "destinations":
            return withRule(
                world,
                change,
                (one) => ({ ...one, route: change.route }),
                ({ route }) => route !== undefined,
            );
        case "add a rule":
            return withRules(world, change, (rules) =>
                rules.toSpliced(change.rule % (rules.length + 1), 0, change.add),
            );
        case "remove a rule":
            // A VirtualService without any rule is none that Istio takes.
            return withRules(world, change, (rules) =>
                rules.length > 1 ? rules.toSpliced(change.rule % rules.length, 1) : rules,
            );
        case "move a rule":
            return withRules(world, change, (rules) => {
                const from = change.rule % rules.length;
                return rules.toSpliced(from, 1).toSpliced(change.to % rules.length, 0, ...rules.slice(from, from + 1));
            });
        case "match":
            return withRule(world, change, (one) =>
                defined({ ...one, match: change.match ? [change.match] : undefined }),
            );
        case "fault":
            // Istio takes no fault beside a redirect or an answer.
            return withRule(
                world,
                change,
                (one) => defined({ ...one, fault: change.fault }),
                ({ route }) => route !== undefined,
            );
        case "timeout":
            return withRule(world, change, (one) => defined({ ...one, timeout: change.timeout }));
        case "place":
            return withSpec(world, change, (spec) =>
                spec.hosts ? defined({ ...spec, gateways: undefined, ...change.place }) : spec,
            );
        case "exportTo":
            return withSpec(world, change, (spec) => defined({ ...spec, exportTo: change.exportTo }));
        case "add a VirtualService": {
            const name = namesIn(setting).service(`added-${change.at}`);
            const metadata = { name, namespace: setting.namespace };
            const isThere = world.some((one) => one.kind === "VirtualService" && one.metadata.name === name);
            const added = { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata, spec: change.spec };
            return isThere ? world : [...world, added];
        }
        case "remove a VirtualService":
            return without(world, pick(ofKind(world, "VirtualService"), change.at));
        case "swap subsets":
            return withSubsets(world, change, ([first, second, ...rest]) =>
                first && second
                    ? [{ ...first, labels: second.labels }, { ...second, labels: first.labels }, ...rest]
                    : [first, second, ...rest].flatMap((one) => one ?? []),
            );
        case "drop a subset":
            return withSubsets(world, change, (subsets) =>
                subsets.toSpliced(change.rule % Math.max(1, subsets.length), 1),
            );
        case "port":
            // Of its own alone: side by side in one cluster, one world would change the others.
            return replaced(
                world,
                pick(
                    ofKind(world, "Service").filter(
                        (one) => one.metadata.namespace === setting.namespace && !setting.pool?.includes(one),
                    ),
                    change.at,
                ),
                ({ ports = [], ...spec }: ServiceSpec) => ({
                    ...spec,
                    ports: ports.map((one, index) => (index === 0 ? { ...one, name: change.name } : one)),
                }),
            );
        default:
            return changedPods(world, change);
    }
}

type OfPods = Extract<Change, { kind: "image" | "replicas" | "drop a version" | "add a version" }>;

/** The pods come and go at once: what is judged is where a step leads, not how long it takes. */
function changedPods(world: World, change: OfPods): World {
    const workloads = ofKind(world, "Deployment");
    const workload = pick(workloads, change.at);
    if (!workload) return world;
    const { metadata, spec } = workload;
    switch (change.kind) {
        case "image": {
            const [main, ...others] = spec.template.spec.containers;
            if (!main) return world;
            const containers = [{ ...main, image: change.image }, ...others];
            return replaced(world, workload, (old: WorkloadSpec) => ({
                ...old,
                template: { ...old.template, spec: { ...old.template.spec, containers } },
            }));
        }
        case "replicas": {
            const { replicas } = change;
            const status = { replicas, ...(replicas > 0 ? { readyReplicas: replicas } : {}) };
            return world.map((one) => (one === workload ? { ...workload, spec: { ...spec, replicas }, status } : one));
        }
        case "drop a version":
            return without(world, workload);
        case "add a version": {
            const app = spec.template.metadata?.labels?.app ?? "";
            const added = deployment(`${metadata.namespace}/${app}`, change.version);
            const isThere = workloads.some((one) => one.metadata.name === added.metadata.name);
            return isThere ? world : [...world, added];
        }
    }
}

function pick<Any>(all: readonly Any[], at: number): Any | undefined {
    return all.length === 0 ? undefined : all[at % all.length];
}

function without(world: World, one: Manifest | undefined): World {
    return world.filter((other) => other !== one);
}

function replaced<Spec>(world: World, one: Manifest<Spec> | undefined, change: (spec: Spec) => Spec): World {
    return world.map((other) => (one && other === one ? { ...one, spec: change(one.spec) } : other));
}

function withSpec(world: World, { at }: Change, change: (spec: VirtualServiceSpec) => VirtualServiceSpec): World {
    return replaced(world, pick(ofKind(world, "VirtualService"), at), change);
}

function withRules(world: World, change: Change, to: (rules: HttpRule[]) => HttpRule[]): World {
    return withSpec(world, change, (spec) => (spec.http?.length ? { ...spec, http: to(spec.http) } : spec));
}

/** Only where there is something to change: else most changes of a small world would be none. */
function withRule(
    world: World,
    change: Change,
    to: (rule: HttpRule) => HttpRule,
    where: (rule: HttpRule) => boolean = () => true,
): World {
    const found = ofKind(world, "VirtualService").flatMap((one) =>
        (one.spec.http ?? []).filter(where).map((rule) => ({ one, rule })),
    );
    const chosen = pick(found, change.at * 8 + change.rule);
    return replaced(world, chosen?.one, (spec) => ({
        ...spec,
        http: spec.http?.map((rule) => (rule === chosen?.rule ? to(rule) : rule)),
    }));
}

type Subsets = NonNullable<DestinationRuleSpec["subsets"]>;

function withSubsets(world: World, { at }: Change, to: (subsets: Subsets) => Subsets): World {
    return replaced(world, pick(ofKind(world, "DestinationRule"), at), ({ subsets = [], ...spec }) => ({
        ...spec,
        subsets: to(subsets),
    }));
}

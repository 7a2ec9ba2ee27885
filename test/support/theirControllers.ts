import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import { conversionOf } from "../../rollout/adopt/convert";
import type { Conversion } from "../../rollout/adopt/adoption";
import type { Source } from "../../rollout/adopt/source";
import { deployment, world } from "./worlds";

/** Objects as Argo Rollouts, Flagger and the Gateway API have them in their own examples, by shape; all names are ours. */

const place = (name: string, more: object = {}): object => ({ name, namespace: "shop", ...more });
const body = (value: object): Body => value as Body;

export const object = (kind: string, name: string, spec: object, metadata: object = {}): Placed =>
    placed(kind, body({ metadata: place(name, metadata), spec }));

/** A Service with one port. */
export const serviceOf = (name: string, selector: object, metadata: object = {}): Placed =>
    object("Service", name, { selector, ports: [{ name: "http", port: 80, targetPort: 8080 }] }, metadata);

const to = (host: string, subset: string | undefined, weight: number): object => ({
    destination: { host, ...(subset && { subset }) },
    weight,
});

/** What of a Rollout a test wants otherwise. */
export interface ArgoTold {
    /** Percent of the canary. Default 20; at 0 it rests, and both subsets have the stable hash. */
    readonly canary?: number;
    readonly strategy?: object;
    readonly metadata?: object;
    /** Ready pods of the canary, of 2. */
    readonly ready?: number;
    readonly isByHost?: boolean;
}

/** A Rollout that splits by subsets: Argo writes the hash of each version's pods into them. */
export function argo(told: ArgoTold = {}): Conversion {
    const { canary = 20, ready = 2, isByHost = false } = told;
    const hashes = { stable: "5d8f4c7b9", canary: canary === 0 ? "5d8f4c7b9" : "7c66b5d4f" };
    const route = (["stable", "canary"] as const).map((one) =>
        to(isByHost ? `cart-${one}` : "cart", isByHost ? undefined : one, one === "canary" ? canary : 100 - canary),
    );
    const routes = object(
        "VirtualService",
        "cart-routes",
        { hosts: ["cart"], http: [{ name: "primary", route }] },
        told.metadata,
    );
    const label = (hash: string): object => ({ app: "cart", "rollouts-pod-template-hash": hash });
    const rule = object("DestinationRule", "cart-versions", {
        host: "cart",
        subsets: (["stable", "canary"] as const).map((name) => ({ name, labels: label(hashes[name]) })),
    });
    const services = (["stable", "canary"] as const).map((one) => serviceOf(`cart-${one}`, label(hashes[one])));
    const istio = {
        virtualService: { name: "cart-routes", routes: ["primary"] },
        ...(!isByHost && {
            destinationRule: { name: "cart-versions", canarySubsetName: "canary", stableSubsetName: "stable" },
        }),
    };
    const steps = [{ setWeight: 10 }, { pause: {} }, { setWeight: 20 }, { pause: {} }];
    const strategy = told.strategy ?? {
        canary: { trafficRouting: { istio }, steps, analysis: { templates: [{ templateName: "success" }] } },
    };
    const rollout = body({ metadata: place("cart"), spec: { replicas: 2, strategy, revisionHistoryLimit: 2 } });
    const sets = [...new Set(Object.values(hashes))].map((hash) =>
        body({
            metadata: place(`cart-${hash}`, { ownerReferences: [{ kind: "Rollout", name: "cart", controller: true }] }),
            spec: {
                replicas: 2,
                selector: { matchLabels: label(hash) },
                template: {
                    metadata: { labels: label(hash) },
                    spec: { containers: [{ name: "cart", image: `cart:${hash}` }] },
                },
            },
            status: { replicas: 2, readyReplicas: hash === hashes.canary ? ready : 2 },
        }),
    );
    const source: Source = { kind: "Rollout", namespace: "shop", name: "cart" };
    const all = world(serviceOf("cart", { app: "cart" }), isByHost ? services : rule, routes);
    return conversionOf(source, { world: all, context: "test", object: rollout, replicaSets: sets });
}

/** What of a Canary a test wants otherwise. */
export interface FlaggerTold {
    /** Whether everything that it holds has been let go of. */
    readonly isLetGo?: boolean;
    readonly canary?: number;
    /** Labels that both Deployments' pods have. */
    readonly shared?: Readonly<Record<string, string>>;
}

/** A Canary: Flagger has made `cart-primary`, three Services and the VirtualService between two of them. */
export function flagger(told: FlaggerTold = {}): Conversion {
    const { isLetGo = true, canary = 0, shared = { tier: "front" } } = told;
    const owned = isLetGo ? {} : { ownerReferences: [{ kind: "Canary", name: "cart", controller: true }] };
    const pods = (name: string, app: string, count: number): Placed => {
        const made = deployment({ name: app, pods: count, labels: { ...shared } });
        const template = {
            metadata: { labels: { app, ...shared } },
            spec: { containers: [{ name: "cart", image: `cart:${app}` }] },
        };
        const metadata = place(name, app === "cart" ? {} : owned);
        return {
            ...made,
            namespace: "shop",
            name,
            body: body({ metadata, spec: { replicas: count, template }, status: { readyReplicas: count } }),
        };
    };
    const route = [to("cart-primary", undefined, 100 - canary), to("cart-canary", undefined, canary)];
    const all = world(
        serviceOf("cart", isLetGo ? shared : { app: "cart-primary" }, owned),
        serviceOf("cart-primary", { app: "cart-primary" }, owned),
        serviceOf("cart-canary", { app: "cart" }, owned),
        pods("cart-primary", "cart-primary", 2),
        pods("cart", "cart", canary > 0 ? 2 : 0),
        object("VirtualService", "cart", { hosts: ["cart"], http: [{ route }] }, owned),
        object("DestinationRule", "cart-primary", { host: "cart-primary" }, owned),
    );
    const spec = {
        targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "cart" },
        service: { port: 80, targetPort: 8080 },
        analysis: {
            interval: "1m",
            threshold: 5,
            maxWeight: 50,
            stepWeight: 10,
            metrics: [{ name: "request-success-rate" }],
        },
        ...(isLetGo && { suspend: true }),
    };
    const source: Source = { kind: "Canary", namespace: "shop", name: "cart" };
    return conversionOf(source, {
        world: all,
        context: "test",
        object: body({ metadata: place("cart"), spec }),
        replicaSets: [],
    });
}

/**
 * A VirtualService at a gateway that OpenKruise's Rollout refers to: at rest it leads to the one Service; in a release Kruise has made
 * a second one, gives each the hash of its pods to select, and keeps what was there in an annotation.
 *
 * @param canary percent of the canary; undefined at rest.
 */
export function kruise(canary?: number): Conversion {
    const isReleasing = canary !== undefined;
    const hash = (value: string): object => (isReleasing ? { "pod-template-hash": value } : {});
    const kept = JSON.stringify({ spec: { hosts: ["*"], http: [{ route: [{ destination: { host: "cart" } }] }] } });
    const annotations = isReleasing ? { "rollouts.kruise.io/original-spec-configuration": kept } : {};
    const route = isReleasing
        ? [to("cart", undefined, 100 - canary), to("cart-canary", undefined, canary)]
        : [{ destination: { host: "cart" } }];
    const all = world(
        serviceOf("cart", { app: "cart", ...hash("5d8f4c7b9") }),
        isReleasing ? serviceOf("cart-canary", { app: "cart", ...hash("7c66b5d4f") }) : [],
        deployment({ name: "cart", version: "v1" }),
        object(
            "VirtualService",
            "cart-vs",
            { hosts: ["*"], gateways: ["shop/front"], http: [{ route }] },
            { annotations },
        ),
    );
    const source: Source = { kind: "VirtualService", namespace: "shop", name: "cart-vs" };
    return conversionOf(source, { world: all, context: "test", replicaSets: [] });
}

/** What of an HTTPRoute a test wants otherwise. */
export interface GatewayTold {
    readonly rules?: readonly object[];
    readonly parent?: object;
    readonly metadata?: object;
    /** Pods of v1 and v2. */
    readonly pods?: readonly [number, number];
}

export const backends = (v1: number, v2: number): object[] => [
    { name: "cart-v1", port: 80, weight: v1 },
    { name: "cart-v2", port: 80, weight: v2 },
];

/** An HTTPRoute of a Service, as the mesh takes it. */
export function gatewayApi(told: GatewayTold = {}): Conversion {
    const { pods = [2, 0], rules = [{ backendRefs: backends(100, 0) }] } = told;
    const all = world(
        serviceOf("cart", { app: "cart" }),
        ["v1", "v2"].map((version) => serviceOf(`cart-${version}`, { app: "cart", version })),
        ["v1", "v2"].map((version, index) => deployment({ name: "cart", version, pods: pods[index] })),
    );
    const parent = told.parent ?? { group: "", kind: "Service", name: "cart", port: 80 };
    const route = body({ metadata: place("cart", told.metadata), spec: { parentRefs: [parent], rules } });
    const source: Source = { kind: "HTTPRoute", namespace: "shop", name: "cart" };
    return conversionOf(source, { world: all, context: "test", object: route, replicaSets: [] });
}

import { placed, type Placed } from "../../components/traffic/world/objects";
import type { World } from "../../components/traffic/world/world";
import { conversionOf } from "../../rollout/adopt/convert";
import type { Conversion } from "../../rollout/adopt/adoption";
import { deployment, service, world } from "./worlds";

/** Routes as somebody else has written them, with pods behind them: nothing of them is ours. */
export interface Theirs {
    /** Fields of the VirtualService's `spec`, beside its host. */
    readonly routes: object;
    /** Fields of the DestinationRule's `spec`, beside its host. Default: a subset for each of v1 and v2. */
    readonly rule?: object | undefined;
    /** Metadata of the VirtualService. */
    readonly metadata?: object;
    /** Metadata of the DestinationRule. */
    readonly ruleMetadata?: object;
    readonly versions?: readonly string[];
    /** Whatever else there is. */
    readonly more?: readonly Placed[];
}

/** A destination of the service. */
export const to = (subset: string, weight?: number, host = "cart"): object => ({
    destination: { host, subset },
    ...(weight !== undefined && { weight }),
});

/** A rule that takes all that others leave. */
export const split = (v1: number, v2: number, more: object = {}): object => ({
    route: [to("v1", v1), to("v2", v2)],
    ...more,
});

/** A rule for who asks for it. */
export const asked = (match: object | readonly object[], version = "v2", more: object = {}): object => ({
    match: [match].flat(),
    route: [to(version)],
    ...more,
});

export const header = (value: object = { exact: "beta" }, name = "x-crew"): object => ({ headers: { [name]: value } });

/** A cluster with the Service `cart`, its Deployments, their routes and their DestinationRule. */
export function theirWorld({
    routes,
    rule,
    metadata,
    ruleMetadata,
    versions = ["v1", "v2"],
    more = [],
}: Theirs): World {
    const subsets = versions.map((name) => ({ name, labels: { version: name } }));
    const place = (name: string): object => ({ name, namespace: "shop", creationTimestamp: "2026-01-02T03:04:05Z" });
    const [own] = service({ name: "cart", isUnrouted: true, versions: [] });
    return world(
        own ? [own] : [],
        versions.map((version) => deployment({ name: "cart", version })),
        placed("VirtualService", {
            metadata: { ...place("cart-routes"), ...metadata },
            spec: { hosts: ["cart"], ...routes },
        }),
        placed("DestinationRule", {
            metadata: { ...place("cart-versions"), ...ruleMetadata },
            spec: { host: "cart", subsets, ...rule },
        }),
        more,
    );
}

/** What becomes of the routes of such a cluster. */
export function adopted(theirs: Theirs, leaveOut: readonly string[] = []): Conversion {
    const source = { kind: "VirtualService", namespace: "shop", name: "cart-routes" } as const;
    return conversionOf(source, { world: theirWorld(theirs), context: "test", replicaSets: [] }, leaveOut);
}

/** Where the problems are. */
export const problemsAt = ({ problems }: Conversion): string[] => problems.map(({ at }) => at);

import type { LiveObject } from "../../components/mesh/live";
import { routesFor, SplitSpec } from "../../components/traffic/split/routes";
import { Strategy } from "../../components/traffic/split/strategy";
import { subsetsFor } from "../../components/traffic/split/subsets";
import type { Change, Diagnostic, PolicyEvent, Preview } from "../../rollout/plan/events";
import { nameOf } from "../../rollout/plan/events";

const prefix = "urn:pulumi:dev::upshift::";

/** A change of one resource, as the engine's events tell it: `same` where nothing differs. */
export function change(
    types: string,
    name: string,
    old: object | undefined,
    next: object | undefined,
    parent?: string,
): Change {
    const urn = `${prefix}${types}::${name}`;
    const state = (inputs: object | undefined) =>
        inputs && { inputs: inputs as Record<string, unknown>, ...(parent ? { parent } : {}) };
    const same = JSON.stringify(old) === JSON.stringify(next);
    const op = !old ? "create" : !next ? "delete" : same ? "same" : "update";
    return {
        urn,
        type: types.split("$").at(-1) ?? "",
        name: nameOf(urn),
        op,
        old: state(old),
        new: state(next),
        replaceKeys: [],
    };
}

/** What a TrafficSplit of a service becomes. */
export function split(
    service: string,
    old: Partial<SplitSpec> | undefined,
    next: Partial<SplitSpec> | undefined,
): Change[] {
    const spec = (given: Partial<SplitSpec> | undefined): SplitSpec | undefined =>
        given && { host: service, versions: ["v1", "v2"], weights: { v1: 100, v2: 0 }, ...given };
    const [before, after] = [spec(old), spec(next)];
    const component = (of: SplitSpec | undefined) =>
        of && { versions: of.versions, weights: of.weights, ...(of.canaryHeader && { canaryHeader: of.canaryHeader }) };
    const resource = (kind: string, suffix: string, of: object | undefined) =>
        of && {
            apiVersion: "networking.istio.io/v1",
            kind,
            metadata: { name: `${service}-${suffix}`, namespace: "hands-on" },
            spec: of,
        };
    const shop = "upshift:index:Shop$upshift:index:TrafficSplit";
    const parent = `${prefix}${shop}::${service}`;
    const rule = (of: SplitSpec | undefined) => resource("DestinationRule", "dr", of && subsetsFor(of));
    const routes = (of: SplitSpec | undefined) => resource("VirtualService", "vs", of && routesFor(of));
    const istio = (kind: string) => `${shop}$kubernetes:networking.istio.io/v1:${kind}`;
    return [
        change(shop, service, component(before), component(after)),
        ...(before?.strategy === Strategy.Pairs || after?.strategy === Strategy.Pairs
            ? []
            : [change(istio("DestinationRule"), `${service}-dr`, rule(before), rule(after), parent)]),
        change(istio("VirtualService"), `${service}-vs`, routes(before), routes(after), parent),
    ];
}

/** What the Deployment of a version becomes; `undefined` pods where it is not there. */
export function pods(
    service: string,
    version: string,
    old: number | undefined,
    next: number | undefined,
    more: { component?: string; image?: [string, string] } = {},
): Change {
    const component = more.component ?? "upshift:index:VersionedService";
    const [from, to] = more.image ?? [`demo:${version}`, `demo:${version}`];
    const inputs = (replicas: number | undefined, image: string) =>
        replicas === undefined
            ? undefined
            : {
                  metadata: { name: `${service}-${version}`, namespace: "hands-on", labels: { app: service, version } },
                  spec: { replicas, template: { spec: { containers: [{ name: service, image }] } } },
              };
    return change(
        `${component}$kubernetes:apps/v1:Deployment`,
        `${service}-${version}`,
        inputs(old, from),
        inputs(next, to),
        `${prefix}${component}::${service}`,
    );
}

/** A preview as it ends. */
export function previewOf(
    changes: readonly Change[],
    more: {
        policies?: PolicyEvent[];
        diagnostics?: Diagnostic[];
        config?: Record<string, string>;
        succeeded?: boolean;
    } = {},
): Preview {
    const { policies = [], diagnostics = [], config = {} } = more;
    const refused =
        policies.some(({ level }) => level === "mandatory") || diagnostics.some(({ severity }) => severity === "error");
    return { config, changes, policies, diagnostics, succeeded: more.succeeded ?? !refused };
}

/** The cluster as it was applied, with some specs changed by hand. */
export function liveOf(
    changes: readonly Change[],
    edit: (object: LiveObject) => object | undefined = () => undefined,
): LiveObject[] {
    return changes.flatMap(({ type, old }) => {
        const inputs = old?.inputs as { metadata?: LiveObject["metadata"]; spec?: unknown } | undefined;
        if (!inputs?.metadata) return [];
        const object = { kind: type.split(":").at(-1) ?? "", metadata: inputs.metadata, spec: inputs.spec };
        return [{ ...object, ...edit(object) }];
    });
}

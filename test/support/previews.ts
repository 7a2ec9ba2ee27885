import type { LiveObject } from "../../components/mesh/liveObject";
import type { Finding } from "../../components/traffic/judge/findings";
import { routesFor, type SplitSpec } from "../../components/traffic/split/routes";
import { ServiceStrategy } from "../../components/traffic/split/strategy";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { annotationsFor, type Marks } from "../../components/traffic/world/marks";
import type { Change, Diagnostic, PolicyEvent, Preview } from "../../rollout/plan/events";
import type { Known } from "../../rollout/plan/make";
import { nameOf, resourceState } from "../../rollout/plan/events";

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
        inputs && resourceState({ inputs: inputs as Record<string, unknown>, parent });
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

/** What a release is given: its routes, and what it declares beside them. */
export interface Release extends Partial<SplitSpec> {
    readonly marks?: Marks;
    readonly namespace?: string;
}

/** What a TrafficSplit of a service becomes. Its stable version is v1 where nothing else is said. */
export function split(service: string, old: Release | undefined, next: Release | undefined): Change[] {
    const spec = (given: Release | undefined): (SplitSpec & Release) | undefined =>
        given && { host: service, versions: ["v1", "v2"], weights: { v1: 100, v2: 0 }, ...given };
    const [before, after] = [spec(old), spec(next)];
    const component = (of: SplitSpec | undefined) =>
        of && { versions: of.versions, weights: of.weights, ...(of.canaryHeader && { canaryHeader: of.canaryHeader }) };
    const namespace = (next ?? old)?.namespace ?? "hands-on";
    const resource = (kind: string, suffix: string, of: object | undefined, annotations?: Record<string, string>) =>
        of && {
            apiVersion: "networking.istio.io/v1",
            kind,
            metadata: { name: `${service}-${suffix}`, namespace, ...(annotations && { annotations }) },
            spec: of,
        };
    const shop = "upshift:index:Shop$upshift:index:TrafficSplit";
    const parent = `${prefix}${shop}::${service}`;
    const rule = (of: SplitSpec | undefined) => resource("DestinationRule", "dr", of && subsetsFor(of));
    const routes = (of: (SplitSpec & Release) | undefined) =>
        resource(
            "VirtualService",
            "vs",
            of && routesFor(of),
            of && annotationsFor({ service, stable: "v1", maxRaise: 25, maxRaiseTogether: 100, ...of.marks }),
        );
    const istio = (kind: string) => `${shop}$kubernetes:networking.istio.io/v1:${kind}`;
    return [
        change(shop, service, component(before), component(after)),
        ...(before?.strategy === ServiceStrategy.Pairs || after?.strategy === ServiceStrategy.Pairs
            ? []
            : [change(istio("DestinationRule"), `${service}-dr`, rule(before), rule(after), parent)]),
        change(istio("VirtualService"), `${service}-vs`, routes(before), routes(after), parent),
    ];
}

/** A Service, with what a release without a mesh declares on it. */
export function address(
    service: string,
    old: Marks | undefined,
    next: Marks | undefined,
    more: { ports?: object[]; namespace?: string | undefined } = {},
): Change {
    const { ports = [{ name: "http", port: 80 }], namespace = "hands-on" } = more;
    const inputs = (marks: Marks | undefined) =>
        marks && {
            metadata: { name: service, namespace, annotations: annotationsFor(marks) },
            spec: { selector: { app: service }, ports },
        };
    return change("kubernetes:core/v1:Service", service, inputs(old), inputs(next));
}

/** What the Deployment of a version becomes; `undefined` pods where it is not there. */
export function pods(
    service: string,
    version: string,
    old: number | undefined,
    next: number | undefined,
    more: { component?: string; image?: [string, string]; namespace?: string | undefined } = {},
): Change {
    const component = more.component ?? "upshift:index:VersionedService";
    const [from, to] = more.image ?? [`demo:${version}`, `demo:${version}`];
    const { namespace = "hands-on" } = more;
    const labels = { app: service, version };
    const inputs = (replicas: number | undefined, image: string) =>
        replicas === undefined
            ? undefined
            : {
                  metadata: { name: `${service}-${version}`, namespace, labels },
                  spec: {
                      replicas,
                      template: { metadata: { labels }, spec: { containers: [{ name: service, image }] } },
                  },
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
        findings?: Finding[];
        config?: Record<string, string>;
        succeeded?: boolean;
    } = {},
): Preview {
    const { policies = [], diagnostics = [], findings = [], config = {} } = more;
    const refused =
        policies.some(({ level }) => level === "mandatory") || diagnostics.some(({ severity }) => severity === "error");
    return { config, changes, policies, diagnostics, findings, succeeded: more.succeeded ?? !refused };
}

/** The cluster as it was applied, all pods ready, with some specs changed by hand. */
export function liveOf(
    changes: readonly Change[],
    edit: (object: LiveObject) => object | undefined = () => undefined,
): LiveObject[] {
    return changes.flatMap(({ type, old }) => {
        const inputs = old?.inputs as { metadata?: LiveObject["metadata"]; spec?: { replicas?: number } } | undefined;
        if (!inputs?.metadata) return [];
        const { replicas } = inputs.spec ?? {};
        const object = {
            kind: type.split(":").at(-1) ?? "",
            metadata: inputs.metadata,
            spec: inputs.spec,
            ...(replicas !== undefined && { status: { readyReplicas: replicas } }),
        };
        return [{ ...object, ...edit(object) }];
    });
}

/** What a situation is made of beside its changes. */
export type Situation = Parameters<typeof previewOf>[1] &
    Partial<Pick<Known, "live" | "rates" | "project">> & {
        /** What somebody else has changed in the cluster. */
        edit?: (object: LiveObject) => object | undefined;
    };

/** All that is known of a preview, with the cluster as it was applied where nothing else is said. */
export function knownOf(changes: readonly Change[], more: Situation = {}): Known {
    const live = more.live ?? { objects: liveOf(changes, more.edit) };
    const preview = previewOf(changes, more);
    const state = preview.succeeded ? undefined : changes.filter(({ old }) => old);
    return { project: more.project ?? "upshift", stack: "dev", preview, state, live, rates: more.rates };
}

/** Somebody moves the traffic of all VirtualServices by hand, from v1 alone to a share of v2. */
export function movedByHand(v2: number): (object: LiveObject) => object | undefined {
    return ({ kind, spec }) => {
        if (kind !== "VirtualService") return undefined;
        const text = JSON.stringify(spec).replace('"weight":100', `"weight":${100 - v2}`);
        return { spec: JSON.parse(text.replace('"weight":0', `"weight":${v2}`)) as object };
    };
}

import { edgeRoutes } from "../shop/edge";
import { entryOf, inPlaceOf, planPairs, Stage, stageOf } from "../../components/traffic/split/pairs";
import { replicasFor } from "../../components/traffic/split/replicas";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { ServiceStrategy } from "../../components/traffic/split/strategy";
import { fullHost } from "../../components/traffic/world/hosts";
import { annotations, annotationsFor, marksOf } from "../../components/traffic/world/marks";
import { identityOf, placed, type Placed } from "../../components/traffic/world/objects";
import { type Body, bodiesAt, bodyAt, mapAt, textAt, textsAt } from "../../components/traffic/world/values";
import { isWorkload, podLabels } from "../../components/traffic/world/workloads";
import { marksFor } from "../../components/split/stepArgs";
import type { ServiceSettings, Settings } from "../config/read";
import { knownSystems } from "../systems";
import { demoImage } from "../program/images";
import { stepOf } from "../program/step";

/** What a stack's config proposes for what is applied. */
export interface Proposal {
    readonly objects: readonly Placed[];
    /** Identities of objects that go. */
    readonly removed: ReadonlySet<string>;
}

/**
 * What the config makes of the objects that are applied, without running the program: the same functions as the components have,
 * over the objects that carry a service's marks. What the config names and nothing is applied of is a first deployment, and no step.
 */
export function proposalOf(settings: Settings, applied: readonly Placed[]): Proposal {
    const services = Object.values(settings.services);
    const parts = services.flatMap((service) => partsOf(service, settings, applied));
    const chains = chainsOf(settings, applied);
    const objects = [...parts, ...chains];
    const kept = new Set(objects.map(identityOf));
    const gone = applied.filter((one) => !kept.has(identityOf(one)) && isGone(one, settings, applied));
    return { objects, removed: new Set(gone.map(identityOf)) };
}

function partsOf(service: ServiceSettings, settings: Settings, applied: readonly Placed[]): Placed[] {
    const { name, strategy } = service;
    const pods = podsOf(service, applied);
    if (!strategy) return pods;
    const step = stepOf(settings, service);
    const plan = planPairs(service.weights, service.stable, service.versions);
    const inPlace =
        strategy === ServiceStrategy.Pairs ? inPlaceOf(plan, service.stable, service.inPlace) : service.inPlace;
    const marks = annotationsFor(marksFor(name, { ...step, inPlace }, service.versions));
    const own = applied.filter(({ body }) => marksOf(body).service === name);
    if (strategy === ServiceStrategy.Replicas) {
        const base = applied.find((one) => one.kind === "Service" && one.name === name);
        return [...(base ? [annotated(base, marks)] : []), ...pods];
    }
    const routes =
        own.find(({ kind }) => kind === "VirtualService") ??
        applied.find((one) => isUnmarkedRoutes(one, service, settings)) ??
        firstRoutes(name, applied);
    if (!routes) return pods;
    const { spec, host } = specOf(service, settings, routes);
    const subsets = strategy === ServiceStrategy.Mesh ? [subsetsOf(service, routes, host, applied)] : [];
    return [{ ...annotated(routes, marks), body: { ...annotated(routes, marks).body, spec } }, ...subsets, ...pods];
}

/** Routes that were applied before they carried marks: they are known by the host that they serve. */
function isUnmarkedRoutes(
    { kind, namespace, body }: Placed,
    { name, strategy }: ServiceSettings,
    { systems }: Settings,
): boolean {
    if (kind !== "VirtualService" || marksOf(body).service !== undefined) return false;
    const host = strategy === ServiceStrategy.Mesh ? name : systems[systemOf(name)?.name ?? ""]?.host;
    const hosts = textsAt(body, "spec", "hosts").map((one) => fullHost(one, namespace));
    return host !== undefined && hosts.includes(fullHost(host, namespace));
}

/** A service whose shares followed its pods, and that the mesh takes over now, has no routes yet. */
function firstRoutes(name: string, applied: readonly Placed[]): Placed | undefined {
    const service = applied.find((one) => one.kind === "Service" && one.name === name);
    if (!service) return undefined;
    return placed("VirtualService", {
        metadata: { name: `${name}-vs`, namespace: service.namespace },
        spec: { hosts: [name] },
    });
}

/** The routes that the components would make, at the hosts and gateways where the service is. */
function specOf(service: ServiceSettings, settings: Settings, routes: Placed): { spec: Body; host: string } {
    const { name, strategy, versions, weights, canaryHeader, routing } = service;
    const system = systemOf(name);
    const host = strategy === ServiceStrategy.Namespaces ? firstHost(routes) : name;
    const settingsOfSystem = settings.systems[system?.name ?? ""];
    const made = routesFor({
        host,
        versions: strategy === ServiceStrategy.Pairs ? Object.keys(pairsOf(service)) : versions,
        weights,
        canaryHeader,
        strategy,
        routing,
        inChain: (system?.chain?.services.includes(name) ?? false) && settingsOfSystem?.chainWeights !== undefined,
        destinations: Object.fromEntries(
            Object.entries(pairsOf(service)).map(([version, stage]) => [
                version,
                `${stage}.${routes.namespace}.svc.cluster.local`,
            ]),
        ),
    });
    const isAtGateway = strategy === ServiceStrategy.Namespaces || strategy === ServiceStrategy.Pairs;
    const hosts = isAtGateway
        ? [settingsOfSystem?.host ?? textsAt(routes.body, "spec", "hosts")[0] ?? name]
        : textsAt(routes.body, "spec", "hosts");
    const gateways = textsAt(routes.body, "spec", "gateways");
    return { spec: { ...made, hosts, ...(gateways.length > 0 && { gateways }) } as unknown as Body, host };
}

/** The Services behind the entry, by version, where versions go in pairs. */
function pairsOf({ weights, stable, versions, strategy }: ServiceSettings): Record<string, string> {
    return strategy === ServiceStrategy.Pairs ? entryOf(planPairs(weights, stable, versions)) : {};
}

/** Where versions are namespaces, the Service's name stands in the destinations that are applied. */
function firstHost(routes: Placed): string {
    const [first] = bodiesAt(routes.body, "spec", "http").flatMap((rule) => bodiesAt(rule, "route"));
    const host = textAt(first, "destination", "host") ?? "";
    return host.split(".")[0] ?? host;
}

function subsetsOf(service: ServiceSettings, routes: Placed, host: string, applied: readonly Placed[]): Placed {
    const old = applied.find(
        (one) =>
            one.kind === "DestinationRule" &&
            one.namespace === routes.namespace &&
            one.body.spec !== undefined &&
            bodyAt(one.body, "spec").host === host,
    );
    const metadata = old ? bodyAt(old.body, "metadata") : { name: `${service.name}-dr`, namespace: routes.namespace };
    // A subset may be there before its pods are.
    const named = bodiesAt(old?.body, "spec", "subsets").map((one) => textAt(one, "name") ?? "");
    const known = systemOf(service.name)?.services.find(({ name }) => name === service.name)?.versions ?? [];
    const versions = [...new Set([...named.filter((one) => known.includes(one)), ...service.versions])];
    return placed(
        "DestinationRule",
        { metadata, spec: subsetsFor({ host, versions }) as unknown as Body },
        { urn: old?.urn },
    );
}

/** A service's Deployments with the images and numbers that the config names. */
function podsOf(service: ServiceSettings, applied: readonly Placed[]): Placed[] {
    const { name, versions, images, strategy, replicas, counted, weights, total, registry } = service;
    const shares = strategy === ServiceStrategy.Replicas ? replicasFor(weights, total, versions).counts : {};
    return applied.filter(isWorkload).flatMap((one): Placed[] => {
        const stage = stageBehind(one, service);
        const version = stage ?? versions.find((known) => isPodsOf(one, name, known, strategy));
        if (version === undefined) return [];
        const spec = bodyAt(one.body, "spec");
        const count = shares[version] ?? counted[one.name] ?? replicas;
        const image =
            images[version] ??
            (strategy === ServiceStrategy.Namespaces || stage === undefined ? undefined : demoImage(version, registry));
        const template = withImage(bodyAt(spec, "template"), image, stage);
        return [{ ...one, body: { ...one.body, spec: { ...spec, template, replicas: count } } }];
    });
}

/** A version's Deployment is called after it; where versions are namespaces, it is the one in that namespace. */
function isPodsOf(one: Placed, service: string, version: string, strategy: ServiceStrategy | undefined): boolean {
    if (strategy === ServiceStrategy.Namespaces) return one.namespace === version && podLabels(one).version === version;
    return one.name === `${service}-${version}`;
}

/** The version that a stage's frontends are to run, where versions go in pairs. */
function stageBehind(one: Placed, { name, strategy, weights, stable, versions }: ServiceSettings): string | undefined {
    if (strategy !== ServiceStrategy.Pairs) return undefined;
    const plan = planPairs(weights, stable, versions);
    const stage = Object.values(Stage).find((each) => one.name === `${name}-${each}`);
    return (
        stage && [plan.active, plan.smoke].find((version) => version !== undefined && stageOf(plan, version) === stage)
    );
}

function withImage(template: Body, image: string | undefined, version: string | undefined): Body {
    const pod = bodyAt(template, "spec");
    const [first, ...others] = bodiesAt(pod, "containers");
    const labels = mapAt(template, "metadata", "labels");
    const isOther = version !== undefined && labels.version !== version;
    const metadata = { ...bodyAt(template, "metadata"), labels: isOther ? { ...labels, version } : labels };
    const containers =
        first && image !== undefined && (isOther || version === undefined)
            ? [{ ...first, image }, ...others]
            : pod.containers;
    return { ...template, metadata, spec: { ...pod, containers } };
}

/** The edges that decide for a chain, or leave the decision to its services. */
function chainsOf({ systems }: Settings, applied: readonly Placed[]): Placed[] {
    return Object.values(systems).flatMap(({ name, host, chainWeights }) => {
        const chain = knownSystems.find((system) => system.name === name)?.chain;
        const edge =
            chain && applied.find((one) => one.kind === "VirtualService" && marksOf(one.body).service === chain.name);
        if (!edge) return [];
        const [gateway = ""] = textsAt(edge.body, "spec", "gateways");
        return [{ ...edge, body: { ...edge.body, spec: edgeRoutes(host, gateway, chainWeights) as unknown as Body } }];
    });
}

/** What of the applied objects the config has no more: a system that is not named, a version without pods, routes of the mesh that pods replace. */
function isGone(one: Placed, { systems, services }: Settings, applied: readonly Placed[]): boolean {
    const { group, service } = marksOf(one.body);
    if (group !== undefined && knownSystems.some(({ name }) => name === group) && !systems[group]) return true;
    const own = service === undefined ? undefined : services[service];
    if (own?.strategy === ServiceStrategy.Replicas && one.kind === "VirtualService") return true;
    if (!isWorkload(one)) return false;
    const owner = applied.find(
        (other) =>
            other.kind === "Service" &&
            other.namespace === one.namespace &&
            mapAt(other.body, "spec", "selector").app === podLabels(one).app,
    );
    const ownerGroup = owner && marksOf(owner.body).group;
    if (ownerGroup !== undefined && knownSystems.some(({ name }) => name === ownerGroup) && !systems[ownerGroup])
        return true;
    const split = services[owner?.name ?? ""];
    return (
        split !== undefined &&
        split.strategy !== undefined &&
        split.strategy !== ServiceStrategy.Pairs &&
        !split.versions.some((version) => isPodsOf(one, split.name, version, split.strategy))
    );
}

function annotated(object: Placed, marks: Record<string, string>): Placed {
    const metadata = bodyAt(object.body, "metadata");
    const ours = new Set(Object.values(annotations));
    const others = Object.fromEntries(
        Object.entries(mapAt(metadata, "annotations")).filter(([name]) => !ours.has(name)),
    );
    return { ...object, body: { ...object.body, metadata: { ...metadata, annotations: { ...others, ...marks } } } };
}

function systemOf(service: string) {
    return knownSystems.find(({ services }) => services.some(({ name }) => name === service));
}

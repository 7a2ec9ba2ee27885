import { judge, type Judgement } from "../../components/traffic/judge/judge";
import type { StepLimits } from "../../components/traffic/judge/limits";
import { describe as inWords } from "../../components/traffic/judge/words";
import { annotationsFor, type Marks } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body, Value } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";

/** A service with versions as a test writes it. */
export interface Split {
    readonly name?: string;
    readonly namespace?: string;
    readonly weights?: Readonly<Record<string, number>>;
    /** Rules above the weighted one. */
    readonly rules?: readonly object[];
    /** Fields of the weighted rule. */
    readonly weighted?: object;
    readonly marks?: Marks;
    readonly hosts?: readonly string[];
    readonly gateways?: readonly string[];
    readonly exportTo?: readonly string[];
    /** Images by version; default `<name>:<version>`. */
    readonly images?: Readonly<Record<string, string>>;
    /** Pods by version. Default 2. */
    readonly pods?: Readonly<Record<string, number>>;
    readonly ready?: Readonly<Record<string, number>>;
    readonly ports?: readonly object[];
    /** Versions that have pods. Default: those of the weights. */
    readonly versions?: readonly string[];
    /** Labels of subsets by version, where not `version`. */
    readonly subsets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly isUnrouted?: boolean;
}

const body = (value: object): Body => value as Body;

/** A Service, its Deployments, its DestinationRule and its VirtualService. */
export function service(split: Split = {}): Placed[] {
    const {
        name = "review",
        namespace = "shop",
        weights = { v1: 100, v2: 0 },
        pods = {},
        ready = {},
        images = {},
    } = split;
    const versions = split.versions ?? Object.keys(weights);
    const metadata = (more: object = {}): object => ({ name, namespace, ...more });
    const ports = split.ports ?? [{ name: "http", port: 80 }];
    return [
        placed("Service", body({ metadata: metadata(), spec: { selector: { app: name }, ports } })),
        ...versions.map((version) =>
            deployment({
                name,
                namespace,
                version,
                image: images[version],
                pods: pods[version],
                ready: ready[version],
            }),
        ),
        placed(
            "DestinationRule",
            body({
                metadata: metadata({ name: `${name}-dr` }),
                spec: {
                    host: name,
                    subsets: versions.map((version) => ({
                        name: version,
                        labels: split.subsets?.[version] ?? { version },
                    })),
                },
            }),
        ),
        ...(split.isUnrouted ? [] : [routes(split)]),
    ];
}

/** The VirtualService alone. */
export function routes(split: Split = {}): Placed {
    const {
        name = "review",
        namespace = "shop",
        weights = { v1: 100, v2: 0 },
        rules = [],
        weighted,
        marks,
        gateways,
        exportTo,
    } = split;
    const route = Object.entries(weights).map(([subset, weight]) => ({ destination: { host: name, subset }, weight }));
    const annotations = annotationsFor({ stable: "v1", service: name, ...marks });
    return placed(
        "VirtualService",
        body({
            metadata: { name: `${name}-vs`, namespace, annotations },
            spec: {
                hosts: split.hosts ?? [name],
                ...(gateways && { gateways }),
                ...(exportTo && { exportTo }),
                http: [...rules, { name: "weighted", route, ...weighted }],
            },
        }),
    );
}

export interface TestDeployment {
    readonly name?: string;
    readonly namespace?: string;
    readonly version?: string;
    readonly image?: string | undefined;
    readonly pods?: number | undefined;
    readonly ready?: number | undefined;
    readonly labels?: Readonly<Record<string, string>>;
}

/** One Deployment. */
export function deployment({
    name = "review",
    namespace = "shop",
    version = "v1",
    image,
    pods = 2,
    ready,
    labels,
}: TestDeployment): Placed {
    const containers = [{ name, image: image ?? `${name}:${version}` }];
    return placed(
        "Deployment",
        body({
            metadata: { name: `${name}-${version}`, namespace },
            spec: {
                replicas: pods,
                template: { metadata: { labels: { app: name, version, ...labels } }, spec: { containers } },
            },
            status: { readyReplicas: ready ?? pods },
        }),
    );
}

export const world = (...objects: (Placed | readonly Placed[])[]): World => ({
    objects: objects.flat<(Placed | readonly Placed[])[]>(),
    isWhole: true,
});

/** A rule by header to one version. */
export const byHeader = (to: string, headers: object = { "x-group": { exact: "test" } }, host = "review"): object => ({
    match: [{ headers }],
    route: [{ destination: { host, subset: to } }],
});

/** The judgement of a step over one view. */
export function judged(before: World, after: World, limits: StepLimits = { maxRaise: 25 }): Judgement {
    return judge([{ readFrom: "state", before, after }], limits);
}

/** Its findings in words. */
export function told(before: World, after: World, limits?: StepLimits): string[] {
    return judged(before, after, limits).findings.map(inWords);
}

/** The codes of its findings. */
export function codes(before: World, after: World, limits?: StepLimits): string[] {
    return judged(before, after, limits).findings.map(({ code }) => code);
}

export type { Value };

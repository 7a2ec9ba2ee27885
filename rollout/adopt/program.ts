import { stringify } from "yaml";
import type { Converted, Kept, KeptMetadata } from "./adoption";

/** A project that the program is for. */
export interface ProjectFacts {
    /** Its name, which is the namespace of its config. */
    readonly project: string;
    /** The version of @pulumi/kubernetes that it has: the import must be done by the same provider. */
    readonly kubernetesVersion?: string;
    /** The kubeconfig's context in which the objects were found. */
    readonly context?: string;
}

/** Values of the stack's config, by key without namespace; those of Kubernetes' provider with it. */
export type ConfigValues = Readonly<Record<string, unknown>>;

/** What a program says of a split. */
export type Programmed = Pick<Converted, "name" | "args" | "notes" | "kept">;

/**
 * The program's text: one TrafficSplit, whose weights, stable version, header and routing come from the config, because they are what
 * steps and releases change.
 *
 * @param from what it is adopted from, for its comment.
 */
export function programText({ name, args, notes, kept }: Programmed, from: string): string {
    const header = args.canaryHeader !== undefined;
    const { service, routesName, subsetsName } = args;
    const { stable = args.versions[0] ?? "", ...step } = args.step ?? {};
    const fields = Object.entries({
        ...args,
        step,
        routing: args.routing ?? {},
        service: service === name ? undefined : service,
        routesName: routesName === `${name}-vs` ? undefined : routesName,
        subsetsName: subsetsName === `${name}-dr` ? undefined : subsetsName,
    }).flatMap(([field, value]) => {
        if (value === undefined) return [];
        if (field === "weights") return ["weights: weights[service] ?? {},"];
        if (field === "step") return [`step: ${stepText(stable, step)},`];
        if (field === "routing") return [`routing: ${routingText(args.routing ?? {})},`];
        return [field === "canaryHeader" ? "canaryHeader," : `${field}: ${literal(value)},`];
    });
    return [
        'import * as pulumi from "@pulumi/pulumi";',
        `import { ${header ? "type CanaryHeader, " : ""}type Routing, TrafficSplit } from "upshift";`,
        "",
        "const config = new pulumi.Config();",
        `const service = ${literal(name)};`,
        'const weights = config.requireObject<Record<string, Record<string, number>>>("weights");',
        'const stable = config.getObject<Record<string, string>>("stable");',
        'const routing = config.getObject<Record<string, Routing>>("routing");',
        ...(header ? ['const canaryHeader = config.getObject<CanaryHeader>("canaryHeader");'] : []),
        "",
        `/** Adopted from ${from}: it had users before this program had it. */`,
        ...notes.flatMap((note) => comment(note)),
        "export const split = new TrafficSplit(service, {",
        ...fields.flatMap((field) => field.split("\n").map((line) => `    ${line}`)),
        ...(Object.keys(kept).length > 0 ? ["}, { transforms: [asBefore] });", "", ...keptText(kept)] : ["});"]),
        "",
    ].join("\n");
}

/** The stable version is another one after each release, and so stands in the config as the weights do. */
function stepText(stable: string, others: object): string {
    const more = literal(others).slice(1, -1).trim();
    return `{ stable: stable?.[service] ?? ${literal(stable)}${more === "" ? "" : `, ${more}`} }`;
}

/** What the config says besides, such as the copies of a release. */
function routingText(own: object): string {
    const fields = literal(own).slice(1, -1).trim();
    return fields === "" ? "routing?.[service] ?? {}" : `{ ${fields}, ...routing?.[service] }`;
}

/** What a TrafficSplit has no words for is laid over the objects that it makes. */
function keptText({ trafficPolicy, rules, routesMetadata, subsetsMetadata }: Kept): string[] {
    const everyRule = `props.spec.http.map((rule: object) => ({ ...rule, ...${literal(rules)} }))`;
    return [
        "/** What was there beside the split stays as it was. */",
        "function asBefore({ type, props, opts }: pulumi.ResourceTransformArgs): pulumi.ResourceTransformResult | undefined {",
        ...overObject("DestinationRule", {
            metadata: metadataText(subsetsMetadata),
            spec: trafficPolicy && `{ ...props.spec, trafficPolicy: ${literal(trafficPolicy)} }`,
        }),
        ...overObject("VirtualService", {
            metadata: metadataText(routesMetadata),
            spec: rules && `{ ...props.spec, http: ${everyRule} }`,
        }),
        "    return undefined;",
        "}",
    ];
}

/** @param fields the text of each field that is another; undefined for those that are as the TrafficSplit has them. */
function overObject(kind: string, fields: Readonly<Record<string, string | undefined>>): string[] {
    const others = Object.entries(fields).filter(([, text]) => text !== undefined);
    if (others.length === 0) return [];
    return [
        `    if (type.endsWith(":${kind}")) {`,
        ...others.map(([field, text]) => `        const ${field} = ${text};`),
        `        return { props: { ...props, ${others.map(([field]) => field).join(", ")} }, opts };`,
        "    }",
    ];
}

/** The marks that a TrafficSplit writes are its own. */
function metadataText(metadata: KeptMetadata | undefined): string | undefined {
    if (metadata === undefined) return undefined;
    const fields = Object.entries(metadata).map(
        ([field, own]) => `${field}: { ${literal(own).slice(1, -1).trim()}, ...props.metadata.${field} }`,
    );
    return `{ ...props.metadata, ${fields.join(", ")} }`;
}

/** What the stack's config says at the beginning: what is served today. */
export function configValues(
    { name, args }: Pick<Converted, "name" | "args">,
    { context }: ProjectFacts,
): ConfigValues {
    return {
        weights: { [name]: args.weights },
        ...(args.canaryHeader && { canaryHeader: args.canaryHeader }),
        ...(context !== undefined && { "kubernetes:context": context }),
    };
}

/**
 * What `pulumi import --file` takes: the component, and below it the live objects, each under the name that the component gives it.
 * A name in the file is a key of its own, so that objects of one name are told apart.
 */
export function importFile({ name, imports }: Converted, { kubernetesVersion }: ProjectFacts): string {
    const parent = `${name}-split`;
    const resources = [
        { type: "upshift:index:TrafficSplit", name: parent, logicalName: name, component: true },
        ...imports.map((one) => ({
            type: `kubernetes:networking.istio.io/v1:${one.kind}`,
            name: `${name}-${one.kind.toLowerCase()}`,
            logicalName: one.name,
            id: `${one.namespace}/${one.name}`,
            parent,
            ...(kubernetesVersion !== undefined && { version: kubernetesVersion }),
        })),
    ];
    return `${JSON.stringify({ resources }, undefined, 4)}\n`;
}

/** The workloads that stand in for those that a controller takes away, for `kubectl apply`; undefined where there are none. */
export function podsFile({ handOver }: Converted): string | undefined {
    const workloads = handOver?.workloads ?? [];
    return workloads.length > 0 ? workloads.map(({ body }) => stringify(body)).join("---\n") : undefined;
}

/** A whole project for where there is none yet. */
export function freshProject(name: string, module: string, versions: FreshVersions): Record<string, string> {
    const dependencies = dependenciesOf(versions);
    return {
        "Pulumi.yaml": stringify({ name, runtime: "nodejs", description: "Who is served by which version." }),
        "package.json": `${JSON.stringify({ name, private: true, main: "index.ts", dependencies }, undefined, 4)}\n`,
        "index.ts": `export * from "./${module}";\n`,
    };
}

/** The versions that a project of one's own begins with. */
export interface FreshVersions {
    readonly kubernetes: string;
    readonly policy: string;
    readonly pulumi: string;
    readonly upshift: string;
}

/** The dependencies of a program with a split, and of its policy pack where it has one. */
export function dependenciesOf(versions: FreshVersions, { hasPack = false } = {}): Record<string, string> {
    return {
        "@pulumi/kubernetes": `^${versions.kubernetes}`,
        ...(hasPack && { "@pulumi/policy": `^${versions.policy}` }),
        "@pulumi/pulumi": `^${versions.pulumi}`,
        upshift: `^${versions.upshift}`,
    };
}

/** The module in which a split stands. */
export function moduleOf(name: string): string {
    return `${name}-split`;
}

function comment(text: string): string[] {
    return [`// ${text}`];
}

/** A value as TypeScript has it; names of fields in quotes only where they need them. */
function literal(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const fields = Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .map(([field, one]) => `${/^[A-Za-z_$][\w$]*$/.test(field) ? field : JSON.stringify(field)}: ${literal(one)}`);
    return `{ ${fields.join(", ")} }`;
}

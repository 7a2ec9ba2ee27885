import * as path from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { projectRoot } from "../../cluster/paths";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import type { HttpRoute } from "../../components/traffic/world/istio";
import type { TestCluster } from "./apiserver";
import { sandbox, type Sandbox } from "./pulumi";

/** A TrafficSplit of the program below, and what a careless or clever user does to it. */
export interface Tried {
    /** Percent of v2; v1 has the rest. */
    v2: number;
    versions?: string[];
    header?: CanaryHeader;
    blueGreen?: string;
    /** Puts it below a component, and so changes its name in the state; with or without an alias. */
    moved?: "with alias" | "without alias";
    /** What a transform makes of its VirtualService. */
    transform?: "text" | "unknown" | "other name" | "other namespace" | "import";
    /** Its namespace hangs on what is yet to be made, so that a preview does not know it. */
    isPlacedLater?: boolean;
    /** Another cluster's, for the provider of all of them. */
    kubeconfig?: string;
}

export type Program = Readonly<Record<string, Tried>>;

/** A project whose program makes the TrafficSplits that `splits.json` tells of. */
export async function guardedSandbox(cluster: TestCluster): Promise<Sandbox & { config(program: Program): void }> {
    const made = await sandbox({ "index.ts": source(cluster), "splits.json": "{}" });
    return { ...made, config: (program) => made.write({ "splits.json": JSON.stringify(program) }) };
}

/** The same as a function, for a release that the Automation API starts: it has no program file. */
export function inlineProgram(cluster: TestCluster, program: Program): () => Promise<void> {
    return async () => {
        const k8s = await import("@pulumi/kubernetes");
        const { TrafficSplit } = await import("../../components/split/TrafficSplit");
        const { kubeconfig } = cluster;
        const provider = new k8s.Provider("cluster", { kubeconfig, context: "test", enableServerSideApply: true });
        for (const [name, { v2 }] of Object.entries(program)) {
            const [versions, weights] = [["v1", "v2"], { v1: 100 - v2, v2 }];
            new TrafficSplit(name, { namespace: "default", versions, weights }, { providers: [provider] });
        }
    };
}

/** Percent of v2 as the cluster has it. */
export async function liveShare(cluster: TestCluster, service: string): Promise<number | undefined> {
    const { spec } = (await cluster.request("GET", routeOf(service))) as unknown as { spec: { http: HttpRoute[] } };
    return spec.http.at(-1)?.route.find(({ destination }) => destination.subset === "v2")?.weight;
}

/** Moves v2 behind Pulumi's back, with its own field manager: a foreign one would be a conflict, whatever the guard says. */
export async function patchShare(cluster: TestCluster, service: string, v2: number): Promise<void> {
    const { apiVersion, kind, metadata, spec } = (await cluster.request("GET", routeOf(service))) as unknown as {
        apiVersion: string;
        kind: string;
        metadata: {
            name: string;
            annotations?: Record<string, string>;
            managedFields: { manager: string; operation: string }[];
        };
        spec: { http: HttpRoute[] };
    };
    for (const route of spec.http.at(-1)?.route ?? []) route.weight = route.destination.subset === "v2" ? v2 : 100 - v2;
    const owner = metadata.managedFields.find(({ manager }) => manager.startsWith("pulumi-kubernetes"));
    const query =
        owner?.operation === "Apply" ? `?fieldManager=${owner.manager}&force=true` : `?fieldManager=${owner?.manager}`;
    const contentType = owner?.operation === "Apply" ? "application/apply-patch+yaml" : "application/merge-patch+json";
    const body = { apiVersion, kind, metadata: { name: metadata.name, annotations: metadata.annotations }, spec };
    await cluster.request("PATCH", `${routeOf(service)}${query}`, body as never, { contentType });
}

/** Sets annotations of a service's VirtualService, as `kubectl annotate` does; null takes one away. */
export async function annotate(
    cluster: TestCluster,
    service: string,
    annotations: Record<string, string | null>,
): Promise<void> {
    const options = { contentType: "application/merge-patch+json" };
    await cluster.request("PATCH", routeOf(service), { metadata: { annotations } }, options);
}

/** Makes a Deployment with one ready pod, without a node to run it, behind the Service of the app. */
export async function readyPod(
    cluster: TestCluster,
    app: string,
    version: string,
    namespace = "default",
): Promise<void> {
    const apply = { contentType: "application/apply-patch+yaml" };
    const service = { metadata: { name: app }, spec: { selector: { app }, ports: [{ name: "http", port: 80 }] } };
    const services = `/api/v1/namespaces/${namespace}/services`;
    await cluster.request(
        "PATCH",
        `${services}/${app}?fieldManager=test`,
        { apiVersion: "v1", kind: "Service", ...service },
        apply,
    );
    const labels = { app, version };
    const name = `${app}-${version}`;
    const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    await cluster.request("POST", deployments, {
        metadata: { name, labels },
        spec: {
            replicas: 1,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "none" }] } },
        },
    });
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const pod = await until(`a pod of ${name}`, async () => {
        const { items } = (await cluster.request(
            "GET",
            `${pods}?labelSelector=app=${app},version=${version}`,
        )) as unknown as {
            items: { metadata: { name: string } }[];
        };
        return items[0]?.metadata.name;
    });
    const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
    await cluster.request(
        "PATCH",
        `${pods}/${pod}/status`,
        { status },
        { contentType: "application/merge-patch+json" },
    );
    await until(`${name} to count it`, async () => {
        const { status: counted } = (await cluster.request("GET", `${deployments}/${name}`)) as unknown as {
            status?: { readyReplicas?: number };
        };
        return counted?.readyReplicas;
    });
}

/** Asks again until there is an answer. */
async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + 30_000;
    for (;;) {
        const answer = await ask();
        if (answer !== undefined) return answer;
        if (Date.now() > deadline) throw new Error(`waited 30 s for ${what}`);
        await after(50);
    }
}

function routeOf(service: string): string {
    return `/apis/networking.istio.io/v1/namespaces/default/virtualservices/${service}-vs`;
}

function source({ kubeconfig }: TestCluster): string {
    const component = path.join(projectRoot(), "components/split/TrafficSplit");
    return `
import * as fs from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { TrafficSplit } from ${JSON.stringify(component)};

const splits = Object.entries<any>(JSON.parse(fs.readFileSync("splits.json", "utf8")));
const kubeconfig = splits[0]?.[1].kubeconfig ?? ${JSON.stringify(kubeconfig)};
const provider = new k8s.Provider("cluster", { kubeconfig, context: "test", enableServerSideApply: true });
for (const [name, tried] of splits) {
    const { v2, versions = ["v1", "v2"], header, blueGreen, moved, transform, isPlacedLater } = tried;
    const all: Record<string, number> = { v1: 100 - v2, v2 };
    const weights = Object.fromEntries(versions.map((version: string) => [version, all[version]]));
    const parent = moved && new pulumi.ComponentResource("test:index:Folder", "folder", {}, { providers: [provider] });
    const aliases = moved === "with alias" ? [{ parent: pulumi.rootStackResource }] : [];
    const change = changes[transform as keyof typeof changes];
    const namespace = isPlacedLater ? new random.RandomPet(name + "-place").id.apply(() => "default") : "default";
    new TrafficSplit(
        name,
        { namespace, versions, weights, canaryHeader: header, step: { blueGreen } },
        { providers: [provider], parent, aliases, transforms: change ? [change(name)] : [] },
    );
}
`.replace(
        "\nconst splits",
        `
const changes = {
    text: (name: string) => onRoutes((props: any) => eachWeight(props, (weight) => String(weight))),
    unknown: (name: string) => {
        const made = new random.RandomPet(name + "-later");
        return onRoutes((props: any) => eachWeight(props, (weight) => made.id.apply(() => weight)));
    },
    "other name": (name: string) => onRoutes((props: any) => ({ ...props, metadata: { ...props.metadata, name: name + "-2" } })),
    "other namespace": () => ({ type, props, opts }: pulumi.ResourceTransformArgs) =>
        type.startsWith("kubernetes:networking.istio.io/")
            ? { props: { ...props, metadata: { ...props.metadata, namespace: "kube-public" } }, opts }
            : undefined,
    import: (name: string) => onRoutes((props: any) => props, { import: "default/" + name + "-vs" }),
};
function onRoutes(change: (props: any) => any, more = {}): pulumi.ResourceTransform {
    return ({ type, props, opts }) =>
        type.endsWith(":VirtualService") ? { props: change(props), opts: { ...opts, ...more } } : undefined;
}
function eachWeight(props: any, change: (weight: number) => unknown): any {
    const http = props.spec.http.map((rule: any) => ({
        ...rule,
        route: rule.route.map((route: any) => ("weight" in route ? { ...route, weight: change(route.weight) } : route)),
    }));
    return { ...props, spec: { ...props.spec, http } };
}

const splits`,
    );
}

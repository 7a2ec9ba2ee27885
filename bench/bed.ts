import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { bundleIfStale } from "../cluster/setup/bundle.mjs";
import { clusterDown, clusterUp, readCluster } from "../cluster/embedded/cluster";
import { clusterDir } from "../cluster/embedded/layout";
import { projectRoot } from "../cluster/paths";
import { hub, istioTag, reference } from "../cluster/images/tag";
import { exportedState, resourcesIn } from "../rollout/exported";
import { pulumi } from "../rollout/pulumi";
import { stackNames } from "../rollout/stack";
import { Caller } from "../test/support/caller";
import { kubectl } from "../test/support/kubectl";
import { apply, istioOn } from "../test/support/mesh";
import { namespace } from "../test/support/ownService";
import { removeBoth, stackOnCluster } from "../test/support/stackOnCluster";
import { Stream } from "./load/stream";
import { seconds, soFar } from "./timing";

/** Where the pod is that asks all of them. */
const caller = { namespace: "bench-caller", name: "caller" } as const;
/** The Service of every contender. */
export const service = "web";

/** Seconds until there was something to measure on, of each time that it was begun; none where it was there already. */
export interface Beginning {
    readonly setUp: readonly number[];
    readonly cluster: readonly number[];
    readonly stack: readonly number[];
}

/** A cluster with a mesh, the shop and a caller, in which the contenders stand side by side, each in a namespace of its own. */
export class Bed {
    private podUid = "";

    /** @param name of the cluster and of the stack with the shop. */
    constructor(readonly name: string) {}

    /**
     * Brings it up, or takes it as an earlier run has left it.
     *
     * @param times how often what begins everything is timed: set-up and an empty cluster, of which the last one stays.
     */
    async begin(times: number, tell: (line: string) => void): Promise<Beginning> {
        await bundleIfStale();
        const setUp = await several(times, setUpAgain);
        if (setUp.length > 0) tell(soFar("set-up, done before", setUp, "s"));
        const isNew = readCluster(this.name) === undefined;
        // What one that was killed has left would be another beginning.
        if (isNew) await this.end();
        const cluster = await several(isNew ? times : 0, async () => {
            await clusterDown(this.name, { delete: true });
            return seconds(() => clusterUp(this.name, {}, () => undefined));
        });
        if (cluster.length > 0) tell(soFar("cluster up", cluster, "s"));
        await stackOnCluster(this.name);
        const isUp = resourcesIn(await exportedState(this.name)).length > 1;
        const stack = await seconds(() => pulumi(["up", "--yes", "--skip-preview", "--stack", this.name]));
        tell(soFar(isUp ? "the shop, which was there" : "the shop's first up", [stack], "s"));
        await this.furnish();
        return { setUp, cluster, stack: isUp ? [] : [stack] };
    }

    /** Brings up a cluster with a mesh and nothing else. */
    async beginMesh(): Promise<Beginning> {
        await bundleIfStale();
        await stackOnCluster(this.name);
        const there = await this.kubectl("get", "deployment", "istiod", "-n", "istio-system", "--ignore-not-found");
        if (there.trim() === "") await istioOn(this.name);
        return { setUp: [], cluster: [], stack: [] };
    }

    /** Takes cluster and stack away. */
    async end(): Promise<void> {
        if ((await stackNames()).includes(this.name)) await removeBoth(this.name);
        else await clusterDown(this.name, { delete: true });
    }

    get kubeconfig(): string {
        return clusterDir(this.name, "kubeconfig");
    }

    /** @throws with what it printed */
    kubectl(...args: string[]): Promise<string> {
        return kubectl(this.name, args);
    }

    /** Applies objects. */
    apply(...objects: object[]): Promise<void> {
        return apply(this.name, objects);
    }

    /** A namespace whose pods have proxies, with nothing in it of an earlier run. */
    async place(name: string): Promise<void> {
        await this.kubectl("delete", "namespace", name, "--ignore-not-found", "--timeout=180s");
        await this.apply(namespace(name));
    }

    /** Waits for a condition of an object. @param what `rollout/web`, or the like. */
    async waitFor(where: string, what: string, condition: string): Promise<void> {
        await this.kubectl("wait", "-n", where, what, `--for=${condition}`, "--timeout=180s");
    }

    /** A load on the Service of a namespace. @param rate requests a second. */
    async load(where: string, rate: number): Promise<Stream> {
        const ip = await this.kubectl("get", "service", service, "-n", where, "-o", "jsonpath={.spec.clusterIP}");
        return new Stream(this.podUid, { origin: `http://${ip}:80`, host: `${service}.${where}`, path: "/", rate });
    }

    private async furnish(): Promise<void> {
        await this.place(caller.namespace);
        const image = reference({ name: "proxyv2", tag: istioTag() });
        await Caller.running(this.name, caller.namespace, caller.name, image, ["sleep", "864000"]);
        const of = ["get", "pod", caller.name, "-n", caller.namespace, "-o", "jsonpath={.metadata.uid}"];
        this.podUid = await this.kubectl(...of);
    }
}

/** `upshift setup` as somebody calls it, where all is done. @returns seconds */
function setUpAgain(): Promise<number> {
    const program = path.join(projectRoot(), "bin", "upshift.mjs");
    return seconds(() => promisify(execFile)(process.execPath, [program, "setup"]));
}

/** One after the other. */
async function several(times: number, take: () => Promise<number>): Promise<number[]> {
    const values: number[] = [];
    while (values.length < times) values.push(await take());
    return values;
}

/** The image of a version: the same program in each, which says its version in every answer. */
export const imageOf = (version: string): string => `${hub}/demo:${version}`;

/** The pods of a workload, alike with every contender. */
export function podTemplate(labels: Readonly<Record<string, string>>, version: string): object {
    const container = {
        name: service,
        image: imageOf(version),
        imagePullPolicy: "Never",
        env: [{ name: "SERVICE", value: "demoapp" }],
        ports: [{ name: "http", containerPort: 8080 }],
        readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
        resources: { requests: { cpu: "10m", memory: "16Mi" } },
    };
    return { metadata: { labels }, spec: { terminationGracePeriodSeconds: 15, containers: [container] } };
}

/** A Deployment of the workload. */
export function deployment(
    where: string,
    name: string,
    labels: Readonly<Record<string, string>>,
    version: string,
): object {
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace: where, labels },
        spec: { replicas: 1, selector: { matchLabels: labels }, template: podTemplate(labels, version) },
    };
}

/** The Service in front of it. */
export function webService(where: string): object {
    return {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: service, namespace: where },
        spec: { selector: { app: service }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
    };
}

/** Subsets by a label. */
export function destinationRule(where: string, subsets: readonly object[]): object {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: { name: service, namespace: where },
        spec: { host: service, subsets },
    };
}

/** Weights of two subsets. Nothing is tried again, so that what fails is seen. */
export function virtualService(where: string, weights: Readonly<Record<string, number>>): object {
    const route = Object.entries(weights).map(([subset, weight]) => ({
        destination: { host: service, subset },
        weight,
    }));
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { name: service, namespace: where },
        spec: { hosts: [service], http: [{ name: "weighted", retries: { attempts: 0 }, route }] },
    };
}

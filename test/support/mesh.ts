import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import { Duplex } from "node:stream";
import { promisify } from "node:util";
import { embeddedPlace } from "../../cluster/embedded/place";
import { clusterDir } from "../../cluster/embedded/layout";
import { toolPath } from "../../cluster/tools/tools";

/** Installs Istio's control plane, and nothing else, on an embedded cluster: with Helm alone, because no stack is what is tested. */
export async function istioOn(cluster: string): Promise<void> {
    const { charts, istiodValues } = embeddedPlace(cluster);
    await helm(cluster, ["install", "base", charts.base.chart, "--create-namespace"]);
    const values = Object.entries(istiodValues).flatMap(([key, value]) => [
        "--set-json",
        `${key}=${JSON.stringify(value)}`,
    ]);
    await helm(cluster, ["install", "istiod", charts.istiod.chart, ...values, "--wait", "--timeout", "120s"]);
}

async function helm(cluster: string, args: readonly string[]): Promise<void> {
    const where = ["--namespace", "istio-system", "--kubeconfig", clusterDir(cluster, "kubeconfig")];
    await promisify(execFile)(toolPath("helm"), [...args, ...where]);
}

/** Applies resources, all in one go. @throws with what kubectl printed */
export async function apply(cluster: string, resources: readonly object[]): Promise<void> {
    const args = ["apply", "-f", "-", "--kubeconfig", clusterDir(cluster, "kubeconfig")];
    const child = spawn(toolPath("kubectl"), args, { stdio: ["pipe", "ignore", "pipe"] });
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    child.stdin.end(JSON.stringify({ apiVersion: "v1", kind: "List", items: resources }));
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`kubectl apply failed:\n${complaint}`);
}

/** What the mesh answered. */
export interface Answer {
    readonly status: number;
    readonly headers: http.IncomingHttpHeaders;
    readonly body: string;
}

/** Asks from inside a pod, through its sidecar, over one connection; the pod needs no more than `nc`. */
export class Asker {
    private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

    /**
     * @param pod `namespace/name`; its first container asks.
     * @param address a host name and a port to connect to, whatever the requests' Host header says.
     */
    constructor(cluster: string, pod: string, address: readonly [string, string]) {
        const [namespace = "", name = ""] = pod.split("/");
        const config = ["--kubeconfig", clusterDir(cluster, "kubeconfig")];
        const exec = ["exec", "-i", "-n", namespace, name, ...config, "--", "nc", ...address];
        const connect = (): Duplex => {
            const child = spawn(toolPath("kubectl"), exec, { stdio: ["pipe", "pipe", "ignore"] });
            const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
            stream.once("close", () => child.kill());
            // What http asks of a socket and a plain stream does not have.
            const socket = { setKeepAlive: () => stream, setNoDelay: () => stream, setTimeout: () => stream };
            return Object.assign(stream, { ...socket, ref: () => stream, unref: () => stream });
        };
        // The agent takes any duplex stream for a socket; its types know only of sockets.
        this.agent.createConnection = connect;
    }

    async ask(
        host: string,
        path: string,
        method = "GET",
        headers: Readonly<Record<string, string>> = {},
    ): Promise<Answer> {
        return new Promise((resolve, reject) => {
            const options = { agent: this.agent, host: "localhost", path, method, headers: { ...headers, host } };
            const request = http.request(options, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.on("error", reject);
                response.on("end", () =>
                    resolve({
                        status: response.statusCode ?? 0,
                        headers: response.headers,
                        body: Buffer.concat(chunks).toString(),
                    }),
                );
            });
            request.setTimeout(10_000, () => request.destroy(new Error(`${host}${path} was not answered in 10 s`)));
            request.on("error", reject);
            request.end();
        });
    }

    close(): void {
        this.agent.destroy();
    }
}

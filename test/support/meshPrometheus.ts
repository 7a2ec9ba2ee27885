import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { clusterDir } from "../../cluster/embedded/layout";
import { kubeConfigOf } from "../../components/mesh/client";
import { type RunningPrometheus, startPrometheus } from "./gatePrometheus";
import { freePort } from "./ports";

/** A Prometheus that scrapes callers' proxies, and can die and come back under its address. */
export interface MeshPrometheus {
    readonly url: string;
    /** Ends it at once, with all that it knows. */
    kill(): Promise<void>;
    start(): Promise<void>;
    /** Ends it for good. */
    stop(): Promise<void>;
}

/**
 * Starts a Prometheus on the host that scrapes the proxies of some pods once a second, by way of the API server and with the rights of
 * the kubeconfig.
 *
 * @param pods by their names, all in one namespace.
 */
export async function prometheusOf(
    cluster: string,
    namespace: string,
    pods: readonly string[],
): Promise<MeshPrometheus> {
    const config = kubeConfigOf({ kubeconfig: clusterDir(cluster, "kubeconfig") });
    const [server, user] = [config.getCurrentCluster(), config.getCurrentUser()];
    if (!server || !user) throw new Error("The kubeconfig names no cluster or no user.");
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "scraping-"));
    const file = (name: string, data = ""): string => {
        const at = path.join(folder, name);
        fs.writeFileSync(at, Buffer.from(data, "base64"), { mode: 0o600 });
        return at;
    };
    const tls = {
        ca_file: file("ca.crt", server.caData),
        cert_file: file("client.crt", user.certData),
        key_file: file("client.key", user.keyData),
    };
    const jobs = pods.map((pod) => ({
        job_name: pod,
        scheme: "https",
        metrics_path: `/api/v1/namespaces/${namespace}/pods/${pod}:15090/proxy/stats/prometheus`,
        scrape_interval: "1s",
        scrape_timeout: "1s",
        static_configs: [{ targets: [new URL(server.server).host], labels: { namespace, pod } }],
        tls_config: tls,
    }));
    const port = await freePort();
    let running: RunningPrometheus | undefined;
    const start = async (): Promise<void> => {
        running = await startPrometheus([], undefined, { jobs, port });
    };
    const kill = async (): Promise<void> => {
        await running?.stop();
        running = undefined;
    };
    const stop = async (): Promise<void> => {
        await kill();
        fs.rmSync(folder, { recursive: true, force: true });
    };
    await start();
    return { url: `http://127.0.0.1:${port}`, kill, start, stop };
}

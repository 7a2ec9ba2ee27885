import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { request } from "undici";
import { stringify } from "yaml";
import { until } from "./apiserver";
import { freePort } from "./ports";

export const prometheusProgram = "/usr/bin/prometheus";

/** What stands in for a proxy's metrics: Prometheus' text format, and an answer of 500 while `isBroken`. */
export interface Exporter {
    metrics: string;
    /** Default: Prometheus' own format. */
    type?: string;
    isBroken: boolean;
    readonly target: string;
    close(): void;
}

export async function startExporter(): Promise<Exporter> {
    const server = http.createServer((_, response) => {
        response.writeHead(exporter.isBroken ? 500 : 200, {
            "content-type": exporter.type ?? "text/plain; version=0.0.4",
        });
        response.end(exporter.metrics);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const exporter: Exporter = {
        metrics: "",
        isBroken: false,
        target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
        close: () => server.close().closeAllConnections(),
    };
    return exporter;
}

export interface RunningPrometheus {
    readonly url: string;
    stop(): Promise<void>;
}

/**
 * Starts a Prometheus on a free port of 127.0.0.1 that reads its targets five times a second.
 *
 * @param past what it has already, as OpenMetrics with times.
 * @param other jobs that it scrapes besides, and the port of one that was there before.
 */
export async function startPrometheus(
    targets: readonly string[],
    past?: string,
    { jobs = [], port }: { readonly jobs?: readonly object[]; readonly port?: number } = {},
): Promise<RunningPrometheus> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "prometheus-"));
    if (past !== undefined) {
        const text = path.join(folder, "past");
        fs.writeFileSync(text, past);
        const args = ["tsdb", "create-blocks-from", "openmetrics", text, path.join(folder, "data")];
        await promisify(execFile)("/usr/bin/promtool", args);
    }
    const config = path.join(folder, "prometheus.yml");
    const job = { job_name: "mesh", static_configs: [{ targets: [...targets] }] };
    const global = { scrape_interval: "200ms", scrape_timeout: "200ms" };
    fs.writeFileSync(config, stringify({ global, scrape_configs: [job, ...jobs] }));
    const [log, address] = [path.join(folder, "log"), `127.0.0.1:${port ?? (await freePort())}`];
    const options = [
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=${address}`,
    ];
    const child = spawn(prometheusProgram, options, { stdio: ["ignore", "ignore", fs.openSync(log, "w")] });
    const exited = once(child, "exit");
    const stop = async (): Promise<void> => {
        if (child.exitCode === null) child.kill("SIGKILL");
        await exited;
        fs.rmSync(folder, { recursive: true, force: true });
    };
    const url = `http://${address}`;
    try {
        await until("Prometheus is ready", 30_000, async () => (await statusOf(`${url}/-/ready`)) === 200, [child]);
    } catch (error) {
        const end = fs.readFileSync(log, "utf8").slice(-2000);
        await stop();
        throw new Error(`${(error as Error).message}\n${end}`);
    }
    return { url, stop };
}

async function statusOf(url: string): Promise<number> {
    const { statusCode, body } = await request(url);
    await body.dump();
    return statusCode;
}

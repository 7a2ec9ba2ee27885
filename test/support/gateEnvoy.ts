import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { request } from "undici";
import { stringify } from "yaml";
import { toolPath } from "../../cluster/tools/tools";
import { until } from "./apiserver";
import { freePort } from "./ports";

/** Envoy as a caller's proxy: `/v1/…` goes to the version v1 of review.shop. */
export interface RunningEnvoy {
    /** Asks for a path, and gives the status. */
    ask(path: string): Promise<number>;
    /** Asks its administration interface. */
    admin(path: string): Promise<unknown>;
    stop(): Promise<void>;
}

/** A server that answers 500 to `/v…/bad`, takes 60 ms for `/v…/slow`, and never ends its answer to `/v…/open`. */
export async function startServer(): Promise<{ port: number; close(): void }> {
    const server = http.createServer(({ url = "" }, response) => {
        response.statusCode = url.endsWith("/bad") ? 500 : 200;
        // Open for as long as whoever asks keeps it so.
        if (url.endsWith("/open")) return void response.write("open\n");
        setTimeout(() => response.end(), url.endsWith("/slow") ? 60 : 0);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { port: (server.address() as AddressInfo).port, close: () => server.close().closeAllConnections() };
}

/**
 * @param versions the ports of each version's endpoints.
 * @param copiesTo the version that gets a copy of each request to `/copied…`, which v1 answers.
 */
export async function startEnvoy(
    versions: Readonly<Record<string, readonly number[]>>,
    copiesTo?: string,
): Promise<RunningEnvoy> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "envoy-"));
    const addresses = path.join(folder, "admin");
    const [config, log] = [path.join(folder, "envoy.yaml"), path.join(folder, "log")];
    const port = await freePort();
    fs.writeFileSync(config, stringify(bootstrap(versions, port, copiesTo), { aliasDuplicateObjects: false }));
    const options = ["-c", config, "--disable-hot-restart", "--concurrency", "1", "--admin-address-path", addresses];
    const child = spawn(toolPath("envoy"), options, { stdio: ["ignore", "ignore", fs.openSync(log, "w")] });
    const exited = once(child, "exit");
    const stop = async (): Promise<void> => {
        if (child.exitCode === null) child.kill("SIGKILL");
        await exited;
        fs.rmSync(folder, { recursive: true, force: true });
    };
    const textOf = async (url: string): Promise<{ status: number; text: string }> => {
        const { statusCode, body } = await request(url);
        return { status: statusCode, text: await body.text() };
    };
    const admin = async (resource: string): Promise<string> =>
        (await textOf(`http://${fs.readFileSync(addresses, "utf8").trim()}${resource}`)).text;
    try {
        await until("Envoy is ready", 30_000, async () => (await admin("/ready")).startsWith("LIVE"), [child]);
    } catch (error) {
        const end = fs.readFileSync(log, "utf8").slice(-2000);
        await stop();
        throw new Error(`${(error as Error).message}\n${end}`);
    }
    return {
        ask: async (resource) => (await textOf(`http://127.0.0.1:${port}${resource}`)).status,
        admin: async (resource) => JSON.parse(await admin(resource)) as unknown,
        stop,
    };
}

function bootstrap(
    versions: Readonly<Record<string, readonly number[]>>,
    port: number,
    copiesTo: string | undefined,
): object {
    const address = (number: number): object => ({ socket_address: { address: "127.0.0.1", port_value: number } });
    const typed = (type: string, more: object): object => ({
        typed_config: { "@type": `type.googleapis.com/envoy.extensions.filters.${type}`, ...more },
    });
    const cluster = (version: string): string => `outbound|80|${version}|review.shop.svc.cluster.local`;
    const routes = Object.keys(versions).map((version) => ({
        match: { prefix: `/${version}` },
        route: { cluster: cluster(version) },
    }));
    // As Istio writes `mirror`.
    const copied = (to: string): object => ({
        match: { prefix: "/copied" },
        route: { cluster: cluster("v1"), request_mirror_policies: [{ cluster: cluster(to) }] },
    });
    const router = { name: "envoy.filters.http.router", ...typed("http.router.v3.Router", {}) };
    const manager = typed("network.http_connection_manager.v3.HttpConnectionManager", {
        stat_prefix: "calls",
        http_filters: [router],
        route_config: {
            virtual_hosts: [
                { name: "all", domains: ["*"], routes: [...routes, ...(copiesTo ? [copied(copiesTo)] : [])] },
            ],
        },
    });
    const filter = { name: "envoy.filters.network.http_connection_manager", ...manager };
    return {
        admin: { address: address(0) },
        // Envoy adds to its histograms when it flushes.
        stats_flush_interval: "0.2s",
        static_resources: {
            listeners: [{ address: address(port), filter_chains: [{ filters: [filter] }] }],
            clusters: Object.entries(versions).map(([version, ports]) => ({
                name: cluster(version),
                type: "STATIC",
                load_assignment: {
                    cluster_name: cluster(version),
                    endpoints: [{ lb_endpoints: ports.map((one) => ({ endpoint: { address: address(one) } })) }],
                },
            })),
        },
    };
}

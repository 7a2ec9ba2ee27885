import { spawn, type ChildProcess } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as https from "node:https";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { toolPath } from "../../cluster/tools/tools";
import type { Properties } from "../../plugins/kubernetes/values";
import { freePort } from "./ports";

/** A real API server with its controllers and no node: objects live as they do in a cluster, only that no pod runs. */
export interface TestCluster {
    /** The path of a kubeconfig that may do everything. */
    kubeconfig: string;
    /** Asks the API server. @throws when it answers with an error, unless it is one of the codes in `accept` */
    request(
        method: string,
        path: string,
        body?: Properties,
        options?: { contentType?: string; accept?: number[] },
    ): Promise<Properties>;
    stop(): Promise<void>;
}

/**
 * Starts etcd, the API server and the controller manager on free ports of 127.0.0.1. Takes some five seconds.
 *
 * @param prepare is done before the controllers start: of kinds that are defined later the garbage collector, and so a deletion
 * in the foreground, knows only half a minute after.
 */
export async function startCluster(prepare?: (request: TestCluster["request"]) => Promise<void>): Promise<TestCluster> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "apiserver-"));
    const file = (name: string): string => path.join(folder, name);
    const [etcdPort, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
    const token = crypto.randomBytes(16).toString("hex");
    write(file("tokens.csv"), `${token},admin,admin,system:masters\n`);
    const { privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
    write(file("accounts.key"), privateKey.export({ type: "pkcs1", format: "pem" }).toString());

    const processes: ChildProcess[] = [];
    const run = (name: string, program: string, args: readonly string[]): void => {
        const log = fs.openSync(file(`${name}.log`), "w");
        processes.push(spawn(program, args, { cwd: folder, stdio: ["ignore", log, log] }));
        fs.closeSync(log);
    };
    const stop = async (): Promise<void> => {
        // In the order in which they depend on each other; none has anything to save.
        await Promise.all(processes.map((child) => ended(child)));
        fs.rmSync(folder, { recursive: true, force: true });
    };
    const etcd = `http://127.0.0.1:${etcdPort}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    run("etcd", tool("etcd", "UPSHIFT_ETCD"), [
        ...["--name", "test", "--data-dir", file("etcd"), "--unsafe-no-fsync", "--initial-cluster", `test=${peer}`],
        ...[
            "--listen-client-urls",
            etcd,
            "--advertise-client-urls",
            etcd,
            "--listen-peer-urls",
            peer,
            "--initial-advertise-peer-urls",
            peer,
        ],
    ]);
    const kubernetes = tool("kubernetes", "UPSHIFT_KUBERNETES");
    run("kube-apiserver", kubernetes, [
        ...[
            "kube-apiserver",
            `--etcd-servers=${etcd}`,
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            `--secure-port=${apiPort}`,
        ],
        ...[
            `--cert-dir=${file("certificates")}`,
            `--token-auth-file=${file("tokens.csv")}`,
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.96.0.0/16",
        ],
        ...[
            "--service-account-issuer=https://kubernetes.default.svc",
            `--service-account-key-file=${file("accounts.key")}`,
        ],
        ...[`--service-account-signing-key-file=${file("accounts.key")}`, "--endpoint-reconciler-type=none"],
    ]);
    write(file("kubeconfig"), kubeconfigText(apiPort, file("certificates/apiserver.crt"), token));
    const request = requester(apiPort, token);
    try {
        await until(
            "the API server is ready",
            60_000,
            () => request("GET", "/readyz", undefined, {}).then(() => true),
            processes,
        );
        await prepare?.(request);
        run("kube-controller-manager", kubernetes, [
            ...[
                "kube-controller-manager",
                `--kubeconfig=${file("kubeconfig")}`,
                "--leader-elect=false",
                "--secure-port=0",
            ],
            ...[
                `--service-account-private-key-file=${file("accounts.key")}`,
                "--controllers=*,-nodeipam,-nodelifecycle,-cloud-node-lifecycle",
            ],
        ]);
        await until("the default service account is there", 60_000, async () => {
            await request("GET", "/api/v1/namespaces/default/serviceaccounts/default");
            return true;
        });
    } catch (error) {
        const logs = fs.readdirSync(folder).filter((name) => name.endsWith(".log"));
        const ends = logs.map((name) => `--- ${name}\n${fs.readFileSync(file(name), "utf8").slice(-2000)}`);
        await stop();
        throw new Error(`${(error as Error).message}\n${ends.join("\n")}`);
    }
    return { kubeconfig: file("kubeconfig"), request, stop };
}

/** Waits for a condition. @throws when it has not come true in time, or one of the processes has ended */
export async function until<T>(
    what: string,
    timeoutMs: number,
    condition: () => Promise<T | undefined | false>,
    processes: readonly ChildProcess[] = [],
): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (let last: unknown; ;) {
        try {
            const result = await condition();
            if (result) return result;
        } catch (error) {
            last = error;
        }
        const dead = processes.find(({ exitCode }) => exitCode !== null);
        if (dead)
            throw new Error(
                `${path.basename(dead.spawnfile)} ${dead.spawnargs[1]} ended with code ${dead.exitCode} while waiting until ${what}`,
            );
        if (Date.now() > deadline)
            throw new Error(
                `It is not so after ${timeoutMs} ms that ${what}. ${last instanceof Error ? last.message : ""}`,
            );
        await delay(50);
    }
}

/** Where set-up or the caller has put the program. */
function tool(name: string, variable: string): string {
    return process.env[variable] ?? toolPath(name);
}

function requester(port: number, token: string): TestCluster["request"] {
    const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
    return (method, resource, body, { contentType = "application/json", accept = [] } = {}) =>
        new Promise((resolve, reject) => {
            const payload = body === undefined ? "" : JSON.stringify(body);
            const headers = {
                authorization: `Bearer ${token}`,
                "content-type": contentType,
                // Node leaves it out for a DELETE, and the body would pass for the beginning of the next request.
                "content-length": Buffer.byteLength(payload),
            };
            const request = https.request(
                { host: "127.0.0.1", port, path: resource, method, headers, agent },
                (response) => {
                    let text = "";
                    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
                    response.on("end", () => {
                        const code = response.statusCode ?? 0;
                        if (code >= 400 && !accept.includes(code))
                            reject(new Error(`${method} ${resource}: ${code} ${text}`));
                        else resolve(text.startsWith("{") ? (JSON.parse(text) as Properties) : {});
                    });
                },
            );
            request.on("error", reject);
            request.end(payload);
        });
}

function kubeconfigText(port: number, authority: string, token: string): string {
    return JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [
            { name: "test", cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority": authority } },
        ],
        users: [{ name: "admin", user: { token } }],
        contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
        "current-context": "test",
    });
}

function write(file: string, text: string): void {
    fs.writeFileSync(file, text, { mode: 0o600 });
}

function ended(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
    });
}

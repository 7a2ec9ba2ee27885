import * as dns from "node:dns/promises";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { CoreV1Api } from "@kubernetes/client-node";
import { network } from "./layout";

/** Milliseconds after which a question counts as not answered. */
const timeout = 2000;

/**
 * Resolves when a health page answers 200.
 *
 * @param ca PEM of the authority to trust; without it, any server on this machine's loopback is trusted
 */
export function healthy(url: string, ca?: string): Promise<void> {
    const options = { timeout, agent: false as const };
    const get = url.startsWith("https:")
        ? https.get(url, { ...options, ca, rejectUnauthorized: ca !== undefined })
        : http.get(url, options);
    return new Promise((resolve, reject) => {
        get.on("response", (response) => {
            response.resume();
            if (response.statusCode === 200) resolve();
            else reject(new Error(`${url} answers ${response.statusCode}`));
        });
        get.on("timeout", () => get.destroy(new Error(`${url} does not answer`)));
        get.on("error", reject);
    });
}

/** Resolves when something listens on a Unix socket. */
export function listening(socket: string): Promise<void> {
    return new Promise((resolve, reject) => {
        const connection = net.connect(socket, () => {
            connection.destroy();
            resolve();
        });
        connection.on("error", reject);
    });
}

/**
 * Resolves when the node has said that it is ready since a given time: after a restart, the last word of the kubelet
 * before it ended still stands there.
 */
export async function nodeReady(api: CoreV1Api, name: string, since: number): Promise<void> {
    const node = await api.readNode({ name });
    const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
    // The API's times have whole seconds.
    const fresh = (ready?.lastHeartbeatTime?.getTime() ?? 0) >= Math.floor(since / 1000) * 1000;
    if (ready?.status !== "True" || !fresh) throw new Error(ready?.message ?? "the node has not reported yet");
}

/** Resolves when the cluster's name server knows the API server: a pod's own condition may be from before a restart. */
export async function dnsAnswers(): Promise<void> {
    const resolver = new dns.Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([network.dns]);
    const addresses = await resolver.resolve4(`kubernetes.default.svc.${network.domain}`);
    if (!addresses.includes(network.apiService)) throw new Error(`the name server answers ${addresses.join(" ")}`);
}

/**
 * Asks until the answer comes.
 *
 * @param timeoutMs milliseconds
 * @throws the last reason why not
 */
export async function until<T>(question: () => Promise<T>, timeoutMs = 180_000): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
        try {
            return await question();
        } catch (error) {
            if (Date.now() > deadline) throw error;
        }
        await sleep(100);
    }
}

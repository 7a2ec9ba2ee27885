import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import * as http from "node:http";
import { type Admin, type Proxy, ProxyAdmin } from "./admin";

/** Names the socket at which a release answers for the proxies, to which it has connections. */
export const proxiesVariable = "UPSHIFT_PROXIES";

/** A question for a proxy, as a release is asked it. */
export interface ProxyQuestion {
    /** As JSON. */
    readonly kubeconfig: string;
    readonly proxy: Proxy;
    readonly path: string;
}

/** The administration interface of a proxy: over the connection that a release keeps from one update to the next, else over one of its own. */
export function adminOf(config: KubeConfig, proxy: Proxy): Admin {
    const { [proxiesVariable]: socket } = process.env;
    const own = (): Admin => new ProxyAdmin(config, proxy);
    return socket === undefined ? own() : new KeptAdmin({ socket, kubeconfig: textOf(config), proxy }, own);
}

/** How long a release may take to answer, in milliseconds: longer than it waits itself for a proxy. */
const answerMs = 5_000;

/** Of so many questions at a time each has a connection to the release: what takes long are the proxies. */
const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });

/** What a release is asked, until it does not answer: it has ended, or what it has kept leads nowhere. Then the proxy itself is. */
export class KeptAdmin implements Admin {
    private own?: Admin;

    constructor(
        private readonly kept: Omit<ProxyQuestion, "path"> & { readonly socket: string },
        private readonly connect: () => Admin,
        private readonly waitMs = answerMs,
    ) {}

    async get(path: string): Promise<unknown> {
        if (!this.own)
            try {
                return JSON.parse(await this.ask(path));
            } catch {
                this.own ??= this.connect();
            }
        return this.own.get(path);
    }

    close(): void {
        this.own?.close();
    }

    private ask(path: string): Promise<string> {
        const { socket, kubeconfig, proxy } = this.kept;
        const body = JSON.stringify({ kubeconfig, proxy, path } satisfies ProxyQuestion);
        const options = { socketPath: socket, agent, method: "POST", signal: AbortSignal.timeout(this.waitMs) };
        return new Promise((resolve, reject) => {
            const request = http.request(options, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.on("error", reject);
                response.on("end", () => {
                    if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
                    else reject(new Error(`the release answers ${response.statusCode}`));
                });
            });
            request.on("error", reject);
            request.end(body);
        });
    }
}

const texts = new WeakMap<KubeConfig, string>();

function textOf(config: KubeConfig): string {
    const text = texts.get(config) ?? config.exportConfig();
    texts.set(config, text);
    return text;
}

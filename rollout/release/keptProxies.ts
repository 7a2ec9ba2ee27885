import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import * as http from "node:http";
import * as path from "node:path";
import { json } from "node:stream/consumers";
import { type Proxy, ProxyAdmin } from "../../components/mesh/proxies/admin";
import type { ProxyQuestion } from "../../components/mesh/proxies/keptAdmin";

/** How long a proxy may take to answer over a connection that was kept, in milliseconds: whoever asks goes to it by himself then. */
const answerMs = 3_000;
/** For how long a connection stays open after its last question, in milliseconds. */
const keptMs = 600_000;

/** In bytes, on whatever system. */
const longestSocket = 103;

/** Where a proxy is. */
interface ProxyPlace {
    readonly config: KubeConfig;
    readonly proxy: Proxy;
}

/** A connection that is kept. */
interface Kept {
    readonly admin: Connected;
    readonly closing: NodeJS.Timeout;
    /** Until then it may be about to be opened. */
    hasAnswered: boolean;
}

/** What a proxy is asked over. */
export type Connected = Pick<ProxyAdmin, "text" | "close">;

/**
 * Connections to the proxies of the mesh, kept by a release from one update to the next, for the programs of its updates: each would
 * open them anew, one to every proxy, which took a quarter of a step's time.
 */
export class KeptProxies {
    /** One for all proxies of a cluster: its kubeconfig may name a program that logs in. */
    private readonly configs = new Map<string, KubeConfig>();
    private readonly connected = new Map<string, Kept>();

    private constructor(
        private readonly server: http.Server,
        /** At which they are asked. */
        readonly socket: string,
        private readonly connect: (place: ProxyPlace) => Connected,
    ) {
        server.on("request", (request, response) => void this.answer(request, response));
    }

    /**
     * @param folder that nobody else can read.
     * @throws where there can be no socket in it: a folder's path may be too long for one.
     */
    static async start(folder: string, connect = connectionOf): Promise<KeptProxies> {
        const socket = path.join(folder, "proxies");
        // Node would take the beginning of it, which may lie in a folder that others can read.
        if (Buffer.byteLength(socket) > longestSocket) throw new Error(`The path of a socket is too long: ${socket}`);
        const server = http.createServer();
        await new Promise<void>((resolve, reject) => server.once("error", reject).listen(socket, resolve));
        // Programs that ask are soon over, and one that waited for something else finds its connection again.
        server.keepAliveTimeout = 0;
        server.unref();
        return new KeptProxies(server, socket, connect);
    }

    stop(): void {
        this.server.close();
        this.server.closeAllConnections();
        for (const key of this.connected.keys()) this.forget(key);
    }

    private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
        try {
            const { proxies, kubeconfig, path: asked } = (await json(request)) as ProxyQuestion;
            // Whoever asks hears from a proxy itself what is wrong with it.
            const answers = proxies.map((proxy) => this.ask(kubeconfig, proxy, asked).catch(() => null));
            response.end(JSON.stringify(await Promise.all(answers)));
        } catch {
            response.writeHead(400).end();
        }
    }

    private async ask(kubeconfig: string, proxy: Proxy, asked: string): Promise<string> {
        const key = JSON.stringify([kubeconfig, proxy]);
        const kept = this.connected.get(key) ?? {
            admin: this.connect({ config: this.configOf(kubeconfig), proxy }),
            closing: setTimeout(() => this.forget(key), keptMs).unref(),
            hasAnswered: false,
        };
        this.connected.set(key, kept);
        kept.closing.refresh();
        try {
            const answer = await (kept.hasAnswered ? kept.admin.text(asked, answerMs) : kept.admin.text(asked));
            kept.hasAnswered = true;
            return answer;
        } catch (error) {
            if (this.connected.get(key) === kept) this.forget(key);
            throw error;
        }
    }

    private configOf(kubeconfig: string): KubeConfig {
        const known = this.configs.get(kubeconfig);
        if (known) return known;
        const config = new KubeConfig();
        config.loadFromString(kubeconfig);
        this.configs.set(kubeconfig, config);
        return config;
    }

    private forget(key: string): void {
        const { admin, closing } = this.connected.get(key) ?? {};
        this.connected.delete(key);
        clearTimeout(closing);
        admin?.close();
    }
}

/** A connection to a proxy, which is opened when it is first asked something. */
export function connectionOf({ config, proxy }: ProxyPlace): Connected {
    return new ProxyAdmin(config, proxy);
}

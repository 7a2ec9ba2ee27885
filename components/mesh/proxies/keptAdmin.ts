import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { once as event } from "node:events";
import * as http from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as after } from "node:timers/promises";
import { once } from "../../traffic/world/once";
import { type Admin, type Proxy, ProxyAdmin } from "./admin";

/** Names the socket at which a release answers for the proxies, to which it has connections. */
export const proxiesVariable = "UPSHIFT_PROXIES";

/** A question for several proxies, as a release is asked it. It answers with a list: what each of them said, null where it did not. */
export interface ProxyQuestion {
    /** As JSON. */
    readonly kubeconfig: string;
    readonly proxies: readonly Proxy[];
    readonly path: string;
}

/** The administration interface of a proxy: over the connection that a release keeps from one update to the next, else over one of its own. */
export function adminOf(config: KubeConfig, proxy: Proxy): Admin {
    const { [proxiesVariable]: socket } = process.env;
    const own = (): Admin => new ProxyAdmin(config, proxy);
    return socket === undefined ? own() : new KeptAdmin({ socket, kubeconfig: textOf(config), proxy }, own);
}

/** How long a release may take to answer, in milliseconds: longer than it waits itself for a proxy to which it has no connection yet. */
const answerMs = 12_000;
/** For how long a question waits for others of its kind, in milliseconds: all proxies are asked the same at about the same time. */
const gatherMs = 3;

/** What a release is asked, until it does not answer: it has ended, or what it has kept leads nowhere. Then the proxy itself is. */
export class KeptAdmin implements Admin {
    private own?: Admin;

    constructor(
        private readonly kept: { readonly socket: string; readonly kubeconfig: string; readonly proxy: Proxy },
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

    private async ask(path: string): Promise<string> {
        const { socket, kubeconfig, proxy } = this.kept;
        const { proxies, answers } = gathered(socket, kubeconfig, path, this.waitMs);
        const place = proxies.push(proxy) - 1;
        const { [place]: answer } = await answers;
        if (typeof answer !== "string") throw new Error("the release has no answer of the proxy");
        return answer;
    }
}

/** A question that waits for others of its kind. */
interface Gathered {
    readonly proxies: Proxy[];
    readonly answers: Promise<readonly (string | null)[]>;
}

const gathering = new Map<string, Gathered>();

function gathered(socket: string, kubeconfig: string, path: string, waitMs: number): Gathered {
    const kind = JSON.stringify([socket, kubeconfig, path]);
    const known = gathering.get(kind);
    if (known) return known;
    const proxies: Proxy[] = [];
    const answers = after(gatherMs).then(() => {
        gathering.delete(kind);
        return send(socket, { kubeconfig, proxies, path }, waitMs);
    });
    const made = { proxies, answers };
    gathering.set(kind, made);
    return made;
}

const agent = new http.Agent({ keepAlive: true });

async function send(socketPath: string, question: ProxyQuestion, waitMs: number): Promise<readonly (string | null)[]> {
    const request = http.request({ socketPath, agent, method: "POST", signal: AbortSignal.timeout(waitMs) });
    // Of one after its answer began, whoever reads that hears.
    request.on("error", () => undefined);
    request.end(JSON.stringify(question));
    const [response] = (await event(request, "response")) as [http.IncomingMessage];
    const answered = await text(response);
    if (response.statusCode !== 200) throw new Error(`the release answers ${response.statusCode}`);
    return JSON.parse(answered) as (string | null)[];
}

const textOf = once((config: KubeConfig) => config.exportConfig());

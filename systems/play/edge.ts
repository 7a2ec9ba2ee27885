import { Agent, fetch, request } from "undici";
import type { FetchLike } from "../shop/checks/shop";
import { command } from "../../cluster/embedded/layout";
import type { StackOutputs } from "./outputs";
import { UserError } from "../../components/userError";

/** How a system is reached from here. */
export interface Edge {
    readonly scheme: "http" | "https";
    /** The host name asked for; it is in no DNS. */
    readonly host: string;
    /** `host:port` on this machine. */
    readonly address: string;
    /** The certificate to trust, PEM; none without TLS. */
    readonly certificate?: string | undefined;
    /** How its cluster is reached, to ask why the gateway does not answer. */
    readonly cluster?: Pick<StackOutputs, "kubeconfig" | "context">;
}

/** What one request carries beside its path. */
export interface CallInit {
    method?: "GET" | "POST" | "DELETE";
    headers?: Record<string, string>;
    body?: string;
}

/** What came back. */
export interface Answer {
    status: number;
    body: string;
    /** Header names in lower case. */
    headers: Record<string, string>;
}

/**
 * How a system of the stack is reached.
 *
 * @param host another host name than the system's own, where it has several.
 * @throws when the stack has no such system, or does not know where its gateway answers on this machine.
 */
export function edgeOf(outputs: StackOutputs, system: string, host?: string): Edge {
    const url = outputs.urls[system];
    if (!url)
        throw new UserError({
            what: `The stack runs no ${system}; it runs ${Object.keys(outputs.urls).join(", ")}.`,
            // Those that run stay: to leave them out would take them away.
            fix: `pulumi config set system ${[...Object.keys(outputs.urls), system].join(",")} && pulumi up`,
        });
    const { protocol, host: named } = new URL(url);
    const scheme = protocol === "https:" ? "https" : "http";
    const address = scheme === "https" ? outputs.gatewayAddress : outputs.httpAddress;
    if (!address)
        throw new UserError({
            what: "It is not known where the gateway answers on this machine.",
            fix: `pulumi config set --path gateway.${scheme === "https" ? "address" : "httpAddress"} HOST:PORT && pulumi up`,
        });
    const { kubeconfig, context } = outputs;
    const cluster = { kubeconfig, context };
    return { scheme, host: host ?? named, address, certificate: outputs.certificates[system], cluster };
}

/** One request through the gateway; TLS by the stack's certificate, the host name without DNS. */
export async function call(edge: Edge, path: string, init: CallInit = {}): Promise<Answer> {
    const dispatcher = new Agent({ connect: { servername: edge.host, ca: edge.certificate } });
    try {
        const { statusCode, body, headers } = await request(`${edge.scheme}://${edge.address}${path}`, {
            method: init.method ?? "GET",
            headers: { ...init.headers, host: edge.host },
            body: init.body ?? null,
            dispatcher,
        });
        const named = Object.entries(headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]);
        return { status: statusCode, body: await body.text(), headers: Object.fromEntries(named) as Answer["headers"] };
    } catch (error) {
        const words = `The gateway does not answer at ${edge.address}: ${(error as Error).message}.`;
        if (!edge.cluster) throw new UserError({ what: words, fix: command("upshift", "up") });
        const { whyNoGateway } = await import("./whyNoGateway");
        throw new Error(`${words} ${await whyNoGateway(edge.cluster)}`);
    } finally {
        await dispatcher.close();
    }
}

/** A system's address by its own name, and a `fetch` that finds it although the name is in no DNS. Nothing is tried again. */
export function browse(edge: Edge): { base: URL; fetch: FetchLike; close: () => Promise<void> } {
    const [address = "", port = ""] = edge.address.split(":");
    const dispatcher = new Agent({
        connect: { ca: edge.certificate, lookup: (_name, _options, found) => found(null, [{ address, family: 4 }]) },
    });
    return {
        base: new URL(`${edge.scheme}://${edge.host}:${port}`),
        fetch: (url, init) => fetch(url, { ...init, dispatcher }),
        close: () => dispatcher.close(),
    };
}

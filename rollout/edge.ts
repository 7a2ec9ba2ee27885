import { Agent, fetch, request } from "undici";
import type { FetchLike } from "./checks/shop";
import { readCluster, insideCommand } from "../cluster/embedded/cluster";
import { nodePorts, network, contextOf } from "../cluster/embedded/layout";
import type { LoadOptions } from "./load/protocol";
import type { StackOutputs } from "./stack";

/** How the shop is reached from here. */
export interface Edge {
    readonly host: string;
    /** `host:port` on this machine. */
    readonly address: string;
    readonly certificate: string;
}

/** @throws when the stack does not know where its gateway answers on this machine. */
export function edgeOf(outputs: StackOutputs): Edge {
    if (!outputs.gatewayAddress)
        throw new Error(
            "It is not known where the gateway answers on this machine.\n  mend: name it with --address HOST:PORT",
        );
    return {
        host: new URL(outputs.gatewayUrl).host,
        address: outputs.gatewayAddress,
        certificate: outputs.certificate,
    };
}

/** One request through the gateway; TLS by the stack's certificate, the host name without DNS. */
export async function call(
    edge: Edge,
    path: string,
    init: { method?: "GET" | "POST" | "DELETE"; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; body: string }> {
    const dispatcher = new Agent({ connect: { servername: edge.host, ca: edge.certificate } });
    try {
        const { statusCode, body } = await request(`https://${edge.address}${path}`, {
            method: init.method ?? "GET",
            headers: { ...init.headers, host: edge.host },
            body: init.body,
            dispatcher,
        });
        return { status: statusCode, body: await body.text() };
    } catch (error) {
        const why = (error as Error).message;
        throw new Error(`The gateway does not answer at ${edge.address}: ${why}.\n  mend: npx upshift cluster up`);
    } finally {
        await dispatcher.close();
    }
}

/** The shop's address by its own name, and a `fetch` that finds it although the name is in no DNS. Nothing is tried again. */
export function browse(edge: Edge): { base: URL; fetch: FetchLike; close: () => Promise<void> } {
    const [address = "", port = ""] = edge.address.split(":");
    const dispatcher = new Agent({
        connect: { ca: edge.certificate, lookup: (_name, _options, found) => found(null, [{ address, family: 4 }]) },
    });
    return {
        base: new URL(`https://${edge.host}:${port}`),
        fetch: (url, init) => fetch(url, { ...init, dispatcher }),
        close: () => dispatcher.close(),
    };
}

/** A token by the password grant of seed 000. */
export async function accessToken(
    edge: Edge,
    { client, user }: Pick<StackOutputs, "client" | "user">,
): Promise<string> {
    const { status, body } = await call(edge, "/oauth/token", {
        method: "POST",
        headers: {
            authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}`,
            "content-type": "application/x-www-form-urlencoded",
        },
        body: new URLSearchParams({ grant_type: "password", username: user.name, password: user.password }).toString(),
    });
    if (status !== 200) throw new Error(`POST /oauth/token answered ${status}: ${body}`);
    return (JSON.parse(body) as { access_token: string }).access_token;
}

/**
 * A load on the shop, and the command that runs it. For the embedded cluster it runs inside the cluster's network and
 * asks the node's port: what is measured is the mesh, and not a way into it.
 */
export async function shopLoad(
    outputs: StackOutputs,
    shape: { rate: number; maxRequests: number; headers?: Record<string, string> },
): Promise<{ options: LoadOptions; prefix: string[] }> {
    const edge = edgeOf(outputs);
    const authorization = `Bearer ${await accessToken(edge, outputs)}`;
    const { origin, prefix } = entrance(outputs, edge);
    return {
        prefix,
        options: {
            origin,
            host: edge.host,
            certificate: edge.certificate,
            path: "/product-composite/2",
            rate: shape.rate,
            maxRequests: shape.maxRequests,
            headers: { ...shape.headers, authorization },
        },
    };
}

function entrance(outputs: StackOutputs, edge: Edge): { origin: string; prefix: string[] } {
    const embedded = readClusterOfContext(outputs.context);
    if (!embedded) return { origin: `https://${edge.address}`, prefix: [] };
    return { origin: `https://${network.node}:${nodePorts.https}`, prefix: insideCommand(embedded) };
}

/** The running embedded cluster that a kubeconfig context belongs to. */
function readClusterOfContext(context: string): string | undefined {
    const name = context.slice(contextOf("").length);
    return context === contextOf(name) && readCluster(name) ? name : undefined;
}

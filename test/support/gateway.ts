import * as crypto from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** Where a request goes, or the status with which it is refused. */
export type Route = (request: http.IncomingMessage) => URL | number;

/** Forwards requests on a free port of the loopback, as a gateway or a mesh does. */
export async function forward(route: Route): Promise<{ url: URL; stop(): Promise<void> }> {
    const server = http.createServer((request, response) => {
        const to = route(request);
        if (typeof to === "number") return void response.writeHead(to).end();
        const onwards = http.request(
            new URL(request.url ?? "/", to),
            { method: request.method, headers: request.headers },
            (answer) => {
                response.writeHead(answer.statusCode ?? 502, answer.headers);
                answer.pipe(response);
            },
        );
        onwards.on("error", () => response.writeHead(503).end());
        request.pipe(onwards);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const stop = async (): Promise<void> => {
        server.close();
        server.closeAllConnections();
        await once(server, "close");
    };
    return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), stop };
}

/** One after the other, as a Service does with its pods. */
export function roundRobin(...pods: readonly URL[]): Route {
    let next = 0;
    return () => pods[next++ % pods.length] ?? 503;
}

/** Lets requests through to `to` that carry a good token; none is a 403 and a wrong one a 401, as with the mesh. */
export function withToken(to: URL, keys: readonly crypto.JsonWebKey[], issuer: string): Route {
    return ({ headers }) => {
        if (!headers.authorization) return 403;
        return verifies(headers.authorization.replace(/^Bearer /, ""), keys, issuer) ? to : 401;
    };
}

function verifies(token: string, keys: readonly crypto.JsonWebKey[], issuer: string): boolean {
    const [head = "", claims = "", signature = ""] = token.split(".");
    const key = keys.find(({ kid }) => kid === decoded(head)["kid"]);
    if (!key) return false;
    const publicKey = crypto.createPublicKey({ key, format: "jwk" });
    const signed = crypto.verify(
        "sha256",
        Buffer.from(`${head}.${claims}`),
        publicKey,
        Buffer.from(signature, "base64url"),
    );
    const { iss, exp } = decoded(claims);
    return signed && iss === issuer && typeof exp === "number" && exp > Date.now() / 1000;
}

function decoded(part: string): Record<string, unknown> {
    try {
        return JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
    } catch {
        return {};
    }
}

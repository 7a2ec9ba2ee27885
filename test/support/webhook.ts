import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** A server that takes messages, and answers each in turn as it is told. */
export interface Hook {
    /** With a word in it that must stand in no message. */
    readonly url: string;
    /** Bodies of requests, as they came. */
    readonly got: unknown[];
    /** Statuses of the next answers; 0 hangs up, -1 never answers. After them it is 200. */
    readonly answers: number[];
    close(): void;
}

export const secretWord = "T0PSECRET";

/** Starts one on a free port of 127.0.0.1. */
export async function startHook(): Promise<Hook> {
    const [got, answers]: [unknown[], number[]] = [[], []];
    const server = http.createServer((request, response) => {
        void json(request).then((body) => {
            got.push(body);
            const status = answers.shift() ?? 200;
            if (status === -1) return;
            if (status === 0) request.socket.destroy();
            else response.writeHead(status, { location: "/elsewhere" }).end("ok");
        });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const close = (): void => {
        server.close().closeAllConnections();
    };
    return { url: `http://127.0.0.1:${port}/services/${secretWord}`, got, answers, close };
}

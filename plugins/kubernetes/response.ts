import type * as http from "node:http";
import { ApiError } from "./errors";
import { objectsAt, stringAt } from "./objects";
import type { Value } from "./values";

/** The error in a response: what the server says, in whatever form. */
export async function errorOf(response: http.IncomingMessage): Promise<ApiError> {
    const text = await textOf(response).catch(() => "");
    const status = parse(text);
    const message = stringAt(status, "message") || text.trim() || `${response.statusCode} ${response.statusMessage}`;
    const causes = objectsAt(status, "details", "causes").map((cause) => ({
        message: stringAt(cause, "message"),
        field: stringAt(cause, "field"),
    }));
    const details = { kind: stringAt(status, "details", "kind"), name: stringAt(status, "details", "name"), causes };
    return new ApiError(response.statusCode ?? 500, stringAt(status, "reason"), message, details);
}

function parse(text: string): Value {
    try {
        return JSON.parse(text) as Value;
    } catch {
        return null;
    }
}

/** The whole body of a response. */
export async function textOf(response: http.IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
}

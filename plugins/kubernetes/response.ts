import { STATUS_CODES } from "node:http";
import { ApiError } from "./errors";
import { objectsAt, stringAt } from "./objects";
import type { Value } from "./values";

/** The error in a response: what the server says, in whatever form. */
export function errorOf(code: number, text: string): ApiError {
    const status = parse(text);
    const message = stringAt(status, "message") || text.trim() || `${code} ${STATUS_CODES[code] ?? ""}`.trim();
    const causes = objectsAt(status, "details", "causes").map((cause) => ({
        message: stringAt(cause, "message"),
        field: stringAt(cause, "field"),
    }));
    const details = { kind: stringAt(status, "details", "kind"), name: stringAt(status, "details", "name"), causes };
    return new ApiError(code, stringAt(status, "reason"), message, details);
}

function parse(text: string): Value {
    try {
        return JSON.parse(text) as Value;
    } catch {
        return null;
    }
}

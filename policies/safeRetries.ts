import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import { bodiesAt, type Body, numberAt, textAt, valueAt } from "./read/object";
import { routesOf, titleOf } from "./read/rules";

const name = "safe-retries";
/** Methods that may be sent twice and do the same (RFC 9110, 9.2.2). */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** Failures before the request was sent: to try again sends it once. */
const unsent = new Set(["connect-failure", "refused-stream"]);

/** The policy's config. */
interface Config {
    readonly judgeUnset: boolean;
}

/** What is not idempotent is not sent twice: an order is placed once. */
export const safeRetries: ResourceValidationPolicy = {
    name,
    description: "Retries only where a request may be sent twice: idempotent methods, or failures before it was sent.",
    severity: "high",
    configSchema: {
        properties: {
            judgeUnset: {
                type: "boolean",
                default: false,
                description: "Whether a rule without `retries` counts: Istio then tries twice more, on status 503 too.",
            },
        },
    },
    validateResource: eachObject<Config>(name, ["VirtualService"], (object, report, { config }) => {
        const routes = routesOf(object);
        // Rules for TCP and TLS know no requests.
        for (const rule of routes?.rules.http ?? []) {
            const body = rule as unknown as Body;
            if (!routes || !rule.route?.length || isIdempotent(body)) continue;
            const attempts = numberAt(body, "retries", "attempts") ?? (config.judgeUnset ? 2 : 0);
            const causes = (
                textAt(body, "retries", "retryOn") ?? "connect-failure,refused-stream,unavailable,cancelled,503"
            ).split(",");
            const sent = causes.map((cause) => cause.trim()).filter((cause) => !unsent.has(cause));
            if (attempts > 0 && sent.length > 0)
                report(
                    `${titleOf(routes)}: ${rule.title} tries ${attempts} more times on ${sent.join(", ")}, and takes methods that must not be sent twice; ` +
                        `at most 0: set retries.attempts 0, match idempotent methods, or retry on ${[...unsent].join(",")} only`,
                );
        }
    }),
};

/** Whether each of a rule's conditions asks for an idempotent method. */
function isIdempotent(rule: Body): boolean {
    const matches = bodiesAt(rule, "match");
    return matches.length > 0 && matches.every((match) => methodsOf(match).every((method) => idempotent.has(method)));
}

function methodsOf(match: Body): string[] {
    const exact = valueAt(match, "method", "exact");
    if (typeof exact === "string") return [exact];
    // `GET|HEAD`, with or without signs around it; another regex may mean anything.
    const regex = textAt(match, "method", "regex")?.replace(/^\^?\(?|\)?\$?$/g, "");
    return regex?.split("|") ?? ["any"];
}

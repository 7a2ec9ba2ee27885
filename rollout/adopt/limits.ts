import type { Problem } from "../../components/traffic/split/problem";
import type { Fault, Mirror, Routing } from "../../components/traffic/split/routing";
import { fullHost } from "../../components/traffic/world/hosts";
import { canonical } from "../../components/traffic/world/objects";
import { type Body, bodyAt, numberAt, textAt, valueAt } from "../../components/traffic/world/values";

/** How often the mesh tries again where a rule says nothing of it. */
export const istioRetries = 2;

/**
 * What the rules of a VirtualService do beside splitting, as far as a TrafficSplit has words for it: the same for all of them.
 * What it has no words for is found by whoever compares the two (`difference.ts`).
 *
 * @param rules those that requests reach, the weighted one last.
 */
export function routingOf(
    rules: readonly Body[],
    namespace: string,
    at: string,
): { routing: Routing; problems: Problem[] } {
    const last = rules.at(-1) ?? {};
    const problems = (["timeout", "retries", "fault"] as const).flatMap((field): Problem[] => {
        const other = rules.findIndex((rule) => canonical(rule[field]) !== canonical(last[field]));
        if (other < 0) return [];
        return [
            {
                at: `${at}.http[${other}].${field}`,
                message: `is ${inWords(rules[other]?.[field])}, and ${inWords(last[field])} in the last rule; a TrafficSplit has one for all of its rules`,
                fix: `give all rules the same ${field}: kubectl -n ${namespace} edit`,
            },
        ];
    });
    const attempts =
        valueAt(last, "retries") === undefined ? istioRetries : (numberAt(last, "retries", "attempts") ?? 0);
    const timeout = textAt(last, "timeout");
    const fault = faultOf(bodyAt(last, "fault"));
    const mirror = mirrorOf(last, namespace);
    return {
        routing: {
            ...(timeout !== undefined && !/^0+(ms|s|m|h)$/.test(timeout) && { timeout }),
            ...(attempts > 0 && { retryAttempts: attempts }),
            ...(fault && { fault }),
            ...(mirror && { mirror }),
        },
        problems,
    };
}

function faultOf(fault: Body): Fault | undefined {
    const [delay, abort] = [bodyAt(fault, "delay"), bodyAt(fault, "abort")];
    const [fixed, status] = [textAt(delay, "fixedDelay"), numberAt(abort, "httpStatus")];
    if (fixed === undefined && status === undefined) return undefined;
    const percent = (part: Body): number => numberAt(part, "percentage", "value") ?? 100;
    return {
        ...(fixed !== undefined && { delay: fixed, delayPercent: percent(delay) }),
        ...(status !== undefined && { abortStatus: status, abortPercent: percent(abort) }),
    };
}

/** A copy to another version of the same service; to anything else a TrafficSplit sends none. */
function mirrorOf(rule: Body, namespace: string): Mirror | undefined {
    const to = textAt(rule, "mirror", "subset");
    const [first] = (Array.isArray(rule.route) ? rule.route : []) as Body[];
    const hosts = [textAt(rule, "mirror", "host") ?? "", textAt(first, "destination", "host") ?? ""];
    if (to === undefined || fullHost(hosts[0] ?? "", namespace) !== fullHost(hosts[1] ?? "", namespace))
        return undefined;
    const percent = numberAt(rule, "mirrorPercentage", "value") ?? 100;
    return { to, ...(percent !== 100 && { percent }) };
}

function inWords(value: Body[string]): string {
    return value === undefined ? "left out" : canonical(value);
}

import type { HeaderOperations, RouteDestination } from "../world/istio";
import type { Rule } from "../world/virtualServices";

/** Headers by their names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/**
 * The headers with which a request goes on to a destination of a rule, as Envoy changes them: it removes before it sets, and sets
 * before it adds. Of one destination istiod makes one list, the rule's operations first; of several each has its own, and the
 * rule's are the last to count.
 *
 * @param headers those with which it came, by their names in lower case.
 */
export function headersFor(rule: Rule, to: RouteDestination, headers: Headers): Headers {
    const [own, ofRule] = [operationsOf(to.headers), operationsOf(rule.headers)];
    if ((rule.route ?? []).length > 1) return ofRule.change(own.change(headers));
    return own.write(ofRule.write(own.drop(ofRule.drop(headers))));
}

/** Headers with their names in lower case. */
export function lowerCased(headers: Headers): Headers {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

interface Operations {
    readonly drop: (headers: Headers) => Headers;
    readonly write: (headers: Headers) => Headers;
    readonly change: (headers: Headers) => Headers;
}

function operationsOf(operations: HeaderOperations | undefined): Operations {
    const { set = {}, add = {}, remove = [] } = operations?.request ?? {};
    const gone = remove.map((name) => name.toLowerCase()).filter((name) => !isInternal(name));
    const drop = (headers: Headers): Headers =>
        Object.fromEntries(Object.entries(headers).filter(([name]) => !gone.includes(name)));
    const write = (headers: Headers): Headers => {
        const all: Record<string, string> = { ...headers, ...changeable(set) };
        for (const [name, value] of Object.entries(changeable(add)))
            all[name] = all[name] === undefined ? value : `${all[name]},${value}`;
        return all;
    };
    return { drop, write, change: (headers) => write(drop(headers)) };
}

function changeable(headers: Headers): Headers {
    return Object.fromEntries(Object.entries(lowerCased(headers)).filter(([name]) => !isInternal(name)));
}

/** What istiod leaves out of such operations: the host is rewritten in another way. */
function isInternal(name: string): boolean {
    return name.startsWith(":") || name === "host";
}

import type { Problem } from "../../components/traffic/split/problem";
import { fullHost } from "../../components/traffic/world/hosts";
import type { Placed } from "../../components/traffic/world/objects";
import { bodiesAt, type Body, isBody, numberAt, textAt, textsAt, valueAt } from "../../components/traffic/world/values";

/** Whether a rule takes every request that comes to it. */
export function takesAll(rule: Body): boolean {
    const blocks = bodiesAt(rule, "match");
    return blocks.length === 0 || blocks.some(isForAll);
}

/** Whether a block of conditions lets everything pass. */
export function isForAll(block: Body): boolean {
    const conditions = Object.entries(block).filter(
        ([field, value]) =>
            field !== "name" &&
            field !== "statPrefix" &&
            value !== undefined &&
            value !== false &&
            !(isBody(value) && Object.keys(value).length === 0) &&
            !(field === "uri" && textAt(value, "prefix") === "/"),
    );
    return conditions.length === 0;
}

/** Why routes as a whole are none of a TrafficSplit. @param last the place of the rule that takes what the others leave. */
export function shapeProblems(routes: Placed, at: string, list: string, last: number): Problem[] {
    const { body, namespace, name } = routes;
    const edit = `kubectl -n ${namespace} edit virtualservice ${name}`;
    const lists = ["http", "tls", "tcp"].filter((one) => bodiesAt(body, "spec", one).length > 0);
    if (textsAt(body, "spec", "hosts").length === 0)
        return [
            {
                at: `${at}.hosts`,
                message: "names no host: it is a delegate, and others lead to it",
                fix: `adopt the VirtualService that delegates to it: kubectl get virtualservices -A -o yaml | grep -B 20 'name: ${name}'`,
            },
        ];
    if (lists.length === 0) return [{ at, message: "has no rules, and so nothing that could be split", fix: edit }];
    if (lists.length > 1 || lists[0] === "tls")
        return [
            {
                at: `${at}.${lists.find((one) => one !== "http") ?? "tls"}`,
                message: `has rules for ${lists.join(" and ")}; a TrafficSplit has them for http or for tcp alone`,
                fix: "leave it where it is, or give what else it routes a VirtualService of its own",
            },
        ];
    if (last < 0)
        return [
            {
                at: `${at}.${list}`,
                message:
                    "no rule takes what the others leave: those requests get 404 today, and a TrafficSplit would serve them",
                fix: `add a last rule without match: ${edit}`,
            },
        ];
    if (list === "tcp" && last > 0)
        return [
            {
                at: `${at}.tcp[0].match`,
                message: "splits connections by conditions, and a TrafficSplit has none for tcp",
                fix: "leave it where it is",
            },
        ];
    return [];
}

/** A service and the shares of its versions. */
export interface Split {
    readonly host: string;
    readonly weights: Record<string, number>;
}

/** Whom the last of these rules serves, in whole percent. */
export function splitOf(rules: readonly Body[], routes: Placed, at: string): { split?: Split; problems: Problem[] } {
    const last = rules.at(-1) ?? {};
    const destinations = bodiesAt(last, "route").map((route, index, { length }) => ({
        at: `${at}.route[${index}]`,
        host: textAt(route, "destination", "host") ?? "",
        subset: textAt(route, "destination", "subset"),
        weight: numberAt(route, "weight") ?? (length === 1 ? 100 : 0),
    }));
    const other = ["redirect", "directResponse", "delegate"].find((field) => valueAt(last, field) !== undefined);
    if (destinations.length === 0 || other !== undefined)
        return {
            problems: [
                {
                    at: `${at}.${other ?? "route"}`,
                    message: "leads to no version: there is nothing to split",
                    fix: "leave it where it is",
                },
            ],
        };
    const [first] = destinations;
    const full = (host: string): string => fullHost(host, routes.namespace);
    const stray = destinations.find(({ host }) => full(host) !== full(first?.host ?? ""));
    if (stray) return { problems: [severalHosts(stray.at, first?.host ?? "", stray.host)] };
    const whole = destinations.find(({ subset }) => subset === undefined);
    if (whole)
        return {
            problems: [
                {
                    at: `${whole.at}.destination`,
                    message: `leads to all pods of ${whole.host}, whatever their version; a TrafficSplit leads to subsets`,
                    fix:
                        "nothing is split yet: take this VirtualService away once a TrafficSplit of the same Service stands beside it, " +
                        "or name a subset here and in a DestinationRule",
                },
            ],
        };
    const sum = destinations.reduce((total, { weight }) => total + weight, 0);
    const weights: Record<string, number> = {};
    for (const { subset = "", weight } of destinations)
        weights[subset] = (weights[subset] ?? 0) + (sum === 0 ? 0 : (100 * weight) / sum);
    const unfit = Object.entries(weights).find(([, weight]) => !Number.isInteger(weight));
    if (sum === 0 || unfit)
        return {
            problems: [
                {
                    at: `${at}.route`,
                    message: unfit
                        ? `gives ${unfit[0]} ${unfit[1]} % of the requests; a TrafficSplit has whole percents`
                        : "gives nobody any requests",
                    fix: `give whole percents that sum to 100: kubectl -n ${routes.namespace} edit virtualservice ${routes.name}`,
                },
            ],
        };
    return { split: { host: first?.host ?? "", weights }, problems: [] };
}

function severalHosts(at: string, first: string, other: string): Problem {
    return {
        at: `${at}.destination.host`,
        message:
            `splits between Services (${first} and ${other}); a TrafficSplit of several Services gives each request the header x-release, ` +
            "which its pods do not get today",
        fix: `lead to subsets of one Service that selects the pods of both, told apart by a label in a DestinationRule`,
    };
}

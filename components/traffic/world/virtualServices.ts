import { inPlaceOf } from "./delegates";
import { fullHost } from "./hosts";
import type { Match, Rule as IstioRule, VirtualService } from "./istio";
import { marksOf, type Marks } from "./marks";
import type { Placed } from "./objects";
import { once } from "./once";
import type { Protocol } from "./ports";
import {
    type Body,
    bodiesAt,
    bodyAt,
    encrypted,
    holds,
    textAt,
    textsAt,
    unknown,
    valueAt,
    withoutNulls,
} from "./values";

/** A rule as it holds: with the namespace to which its short names belong. */
export interface Rule extends IstioRule {
    /** Its own name, or its place: `rule 2`. */
    readonly title: string;
    readonly namespace: string;
    /** `namespace/name` of the VirtualService that it serves in, also where it is a delegate's. */
    readonly owner: string;
}

/** A VirtualService as it holds: hosts and gateways by full name, rules of delegates in the place of what leads to them. */
export interface Routes {
    /** `namespace/name`. */
    readonly id: string;
    readonly namespace: string;
    readonly hosts: readonly string[];
    /** `namespace/name` of gateways, and `mesh` for callers inside. */
    readonly entries: readonly string[];
    /** The namespaces whose callers it is for; undefined for all. */
    readonly callers?: readonly string[];
    readonly rules: Readonly<Partial<Record<Protocol, readonly Rule[]>>>;
    readonly marks: Marks;
    /** When it was made; later than all others where it is yet to be. */
    readonly created: string;
    /** Why a part of it can't be read; then nothing is to be said of its hosts. */
    readonly unreadable?: string;
}

/** The kinds of rules that a VirtualService has. */
export const protocols: readonly Protocol[] = ["http", "tls", "tcp"];

/** Reads VirtualServices. One that others delegate to is no routes of its own. What is null in them is not there. */
export function routesIn(given: readonly Placed[]): Routes[] {
    const objects = given.map(readable);
    const all = new Map(objects.map((one) => [`${one.namespace}/${one.name}`, one]));
    return objects.filter(({ body }) => !isDelegate(body)).map((object) => routesOf(object, all));
}

const readable = once((one: Placed): Placed => ({ ...one, body: withoutNulls(one.body) }));

/** Whether a VirtualService serves only by way of others. */
export function isDelegate(body: Body): boolean {
    const hosts = valueAt(body, "spec", "hosts");
    return hosts === undefined || (Array.isArray(hosts) && hosts.length === 0);
}

/** Read once, as long as those that it delegates to are the same. */
function routesOf(object: Placed, all: ReadonlyMap<string, Placed>): Routes {
    const delegates = delegatesOf(object, all);
    const known = read.get(object);
    if (known?.delegates.length === delegates.length && known.delegates.every((one, at) => one === delegates[at]))
        return known.routes;
    const routes = newRoutesOf(object, delegates, all);
    read.set(object, { delegates, routes });
    return routes;
}

const read = new WeakMap<Placed, { readonly delegates: readonly Placed[]; readonly routes: Routes }>();

function newRoutesOf(object: Placed, delegates: readonly Placed[], all: ReadonlyMap<string, Placed>): Routes {
    const { namespace, name, body } = object;
    const gateways = textsAt(body, "spec", "gateways");
    const callers = callersOf(object);
    const parts = [object, ...delegates];
    const unreadable = parts.map(({ body }) => whyUnreadable(body)).find((why) => why !== undefined);
    return {
        id: `${namespace}/${name}`,
        namespace,
        hosts: textsAt(body, "spec", "hosts").map((host) => fullHost(host, namespace)),
        entries: gateways.length === 0 ? ["mesh"] : gateways.map((gateway) => fullGateway(gateway, namespace)),
        ...(callers && { callers }),
        rules: unreadable === undefined ? rulesOf(object, all) : {},
        marks: marksOf(body),
        created: textAt(body, "metadata", "creationTimestamp") ?? "later",
        ...(unreadable !== undefined && { unreadable }),
    };
}

/** The namespaces that an object is for by its `exportTo`; undefined for all, none where it is for nobody (`~`). */
export function callersOf({ namespace, body }: Pick<Placed, "namespace" | "body">): readonly string[] | undefined {
    const exported = textsAt(body, "spec", "exportTo");
    if (exported.length === 0 || exported.includes("*")) return undefined;
    if (exported.includes("~")) return [];
    return exported.map((one) => (one === "." ? namespace : one));
}

function isFor(object: Placed, namespace: string): boolean {
    return callersOf(object)?.includes(namespace) ?? true;
}

/**
 * A gateway as a VirtualService names it, by its full name `namespace/name`: a short name and `./name` are of the
 * VirtualService's own namespace; `name.namespace`, with or without what every Service of the cluster has, is the old way to
 * name one of another.
 */
export function fullGateway(gateway: string, namespace: string): string {
    if (gateway === "mesh") return gateway;
    if (gateway.includes("/")) return gateway.replace(/^\.\//, `${namespace}/`);
    const [name = "", other = namespace] = gateway.split(".");
    return `${other}/${name}`;
}

/** Why a VirtualService can't be judged; undefined where it can. What can't be judged is refused by whoever judges. */
export function whyUnreadable(body: Body): string | undefined {
    const spec = valueAt(body, "spec");
    if (holds(spec, encrypted))
        return "the state has its routes only encrypted: build them from values that are no secrets";
    const weights = protocols.flatMap((list) =>
        bodiesAt(body, "spec", list).flatMap((rule) =>
            bodiesAt(rule, "route").flatMap((one) => {
                const why = whyUnfit(one, bodiesAt(rule, "route").length);
                return why === undefined
                    ? []
                    : [
                          `the weight of ${textAt(one, "destination", "subset") ?? textAt(one, "destination", "host")} ${why}`,
                      ];
            }),
        ),
    );
    if (weights.length > 0) return [...new Set(weights)].join("; ");
    if (holds(spec, unknown))
        return "its routes are not known at preview: give weights, hosts and subsets as plain values";
    const lists = protocols
        .map((list) => valueAt(body, "spec", list))
        .filter((list) => list !== undefined && list !== null);
    return lists.every(Array.isArray) ? undefined : "its routes are no lists of rules";
}

function whyUnfit(destination: Body, count: number): string | undefined {
    const weight = destination.weight;
    // Istio reads a missing weight of a single destination as all requests, and beside others as none.
    if (weight === undefined && (!("weight" in destination) || count === 1)) return undefined;
    if (typeof weight === "string") return `is the text ${JSON.stringify(weight)}, and must be a number`;
    if (typeof weight !== "number") return "is not known at preview: give weights as plain numbers";
    return Number.isInteger(weight) && weight >= 0 ? undefined : `is ${weight}, and must be a whole number from 0`;
}

function rulesOf(object: Placed, all: ReadonlyMap<string, Placed>): Routes["rules"] {
    const { namespace, body } = object;
    // What is known to be readable has Istio's own form.
    const spec = bodyAt(body, "spec") as unknown as VirtualService["spec"];
    const lists = protocols.flatMap((list) => {
        const rules = (spec[list] ?? []).map((rule, index): Rule => ({
            ...withFullGateways(rule, namespace),
            title: rule.name ?? `rule ${index + 1}`,
            namespace,
            owner: `${namespace}/${object.name}`,
        }));
        return rules.length > 0 ? [[list, rules.flatMap((rule) => withDelegate(rule, all))] as const] : [];
    });
    return Object.fromEntries(lists);
}

/** The gateways of a match are named as those of the VirtualService are. */
function withFullGateways(rule: IstioRule, namespace: string): IstioRule {
    if (!rule.match?.some(({ gateways }) => gateways)) return rule;
    const match = rule.match.map((block): Match =>
        block.gateways
            ? { ...block, gateways: block.gateways.map((gateway) => fullGateway(gateway, namespace)) }
            : block,
    );
    return { ...rule, match };
}

/** What a rule hands over to stands in its place: each of the delegate's rules. */
function withDelegate(rule: Rule, all: ReadonlyMap<string, Placed>): Rule[] {
    if (!rule.delegate) return [rule];
    const delegate = all.get(delegateId(rule.delegate, rule.namespace));
    // istiod leaves out a rule whose delegate is not there, or not for its namespace.
    if (!delegate || !isFor(delegate, rule.namespace)) return [];
    const { namespace, name, body } = delegate;
    const { http = [] } = bodyAt(body, "spec") as unknown as VirtualService["spec"];
    return http.flatMap((inner, index) => {
        const found = inPlaceOf(rule, withFullGateways(inner, namespace));
        const title = `${rule.title}, ${inner.name ?? `rule ${index + 1}`} of ${name}`;
        return found ? [{ ...found, title, namespace, owner: rule.owner }] : [];
    });
}

function delegatesOf(object: Placed, all: ReadonlyMap<string, Placed>): Placed[] {
    return bodiesAt(object.body, "spec", "http").flatMap((rule) => {
        const { delegate } = rule;
        if (!delegate) return [];
        return all.get(delegateId(bodyAt(rule, "delegate"), object.namespace)) ?? [];
    });
}

function delegateId(
    { name = "", namespace }: { readonly name?: string; readonly namespace?: string },
    own: string,
): string {
    return `${namespace ?? own}/${name}`;
}

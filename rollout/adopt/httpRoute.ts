import { judge } from "../../components/traffic/judge/judge";
import { describe } from "../../components/traffic/judge/words";
import type { Problem } from "../../components/traffic/split/problem";
import { hostOfService } from "../../components/traffic/world/hosts";
import { placed, type Placed } from "../../components/traffic/world/objects";
import { bodiesAt, type Body, bodyAt, numberAt, textAt, textsAt, valueAt } from "../../components/traffic/world/values";
import { overlay, reading, type World } from "../../components/traffic/world/world";
import { type Conversion, refused } from "./adoption";
import { bySelectors } from "./bySelectors";
import { objectsOf } from "./proposal";
import { describeSource, type Source } from "./source";
import { fromSplit } from "./virtualService";

/**
 * The TrafficSplit that takes over from an HTTPRoute of a Service (GAMMA): a VirtualService of its own for the same Service, which
 * has effect once the HTTPRoute is gone. Of a Gateway's HTTPRoute there is none: no VirtualService can be bound to a Gateway of the
 * Gateway API.
 */
export function fromHttpRoute(source: Source, route: Body, world: World): Conversion {
    const at = `${describeSource(source)}: spec`;
    const { namespace } = source;
    const parents = bodiesAt(route, "spec", "parentRefs");
    const [parent] = parents;
    const service = textAt(parent, "name") ?? "";
    const isOther = (textAt(parent, "kind") ?? "Gateway") !== "Service";
    if (parents.length !== 1 || isOther || textAt(parent, "namespace") !== undefined)
        return refused({
            at: `${at}.parentRefs`,
            message:
                parents.length === 1 && isOther
                    ? "is a Gateway of the Gateway API, to which no VirtualService can be bound: those who come through it would get 404"
                    : "are not one Service of the same namespace",
            fix: "let the HTTPRoute lead to one Service alone, and split behind that with a TrafficSplit for callers in the mesh",
        });
    if (!reading(world).services.has(hostOfService({ namespace, name: service })))
        return refused({
            at: `${at}.parentRefs`,
            message: `names Service ${service}, which is not there`,
            fix: `kubectl -n ${namespace} get services`,
        });
    const rules = bodiesAt(route, "spec", "rules");
    const problems = [
        ...(textsAt(route, "spec", "hostnames").length > 0
            ? [
                  {
                      at: `${at}.hostnames`,
                      message: "are conditions of their own",
                      fix: "take them out: a Service is the host",
                  },
              ]
            : []),
        ...rules.flatMap((rule, index) => ruleProblems(rule, `${at}.rules[${index}]`)),
    ];
    if (problems.length > 0) return refused(...problems);
    const stands = asRoutes(source, service, route);
    const between = bySelectors(stands, world);
    if (!between.split)
        return refused(
            ...(between.problems.length > 0
                ? between.problems
                : [
                      {
                          at: `${at}.rules`,
                          message: "lead to one Service only: there is nothing to split",
                          fix: "leave it where it is",
                      },
                  ]),
        );
    const { converted, problems: unfit } = fromSplit(between.split, world);
    if (!converted) return refused(...unfit);
    const unseen = refusedUnseen(at, converted.name, objectsOf(converted.name, converted.args), world);
    if (unseen.length > 0) return refused(...unseen);
    return {
        problems: [],
        converted: {
            ...converted,
            // Until the HTTPRoute is gone no proxy takes the new routes, and nobody is to wait for that.
            args: { ...converted.args, waitSeconds: 0 },
            imports: [],
            standsFor: stands,
            notes: [
                ...converted.notes,
                "waitSeconds: 0 is for the first update alone: while the HTTPRoute is there, proxies follow that, as the older one. Take it out after the last command.",
            ],
            handOver: {
                release: [],
                workloads: [],
                before: [],
                after: [`kubectl -n ${namespace} delete httproute ${source.name}`],
            },
        },
    };
}

/**
 * The VirtualService that the HTTPRoute is to Istio: a rule for each match, and these not in the order of the list, but in that of the
 * Gateway API. It has the HTTPRoute's labels and annotations, by which others find it.
 */
function asRoutes({ namespace, name }: Source, service: string, httpRoute: Body): Placed {
    const matches = bodiesAt(httpRoute, "spec", "rules").flatMap((rule) => {
        const timeout = textAt(rule, "timeouts", "request");
        const route = bodiesAt(rule, "backendRefs").map((backend) => ({
            destination: { host: textAt(backend, "name") },
            weight: numberAt(backend, "weight") ?? 1,
        }));
        const action = { route, ...(timeout !== undefined && { timeout }) };
        const blocks = bodiesAt(rule, "matches").map(asMatch);
        return (blocks.length > 0 ? blocks : [{}]).map((block) => ({ block, action }));
    });
    const http = matches
        .sort((one, other) => byPrecedence(one.block, other.block))
        .map(({ block, action }) => ({ ...(Object.keys(block).length > 0 && { match: [block] }), ...action }));
    const metadata = {
        name: `${name}-vs`,
        namespace,
        labels: bodyAt(httpRoute, "metadata", "labels"),
        annotations: bodyAt(httpRoute, "metadata", "annotations"),
        creationTimestamp: "2000-01-01T00:00:00Z",
    };
    return placed("VirtualService", { metadata, spec: { hosts: [service], http } });
}

/**
 * Which of two matches a request is asked for first: the one with a path, then with a method, then with more headers; of equals the
 * first in the list. What else decides (prefixes, query parameters) has been refused.
 */
function byPrecedence(one: Body, other: Body): number {
    const ranks = ({ uri, method, headers }: Body): number[] => [
        uri === undefined ? 0 : 1,
        method === undefined ? 0 : 1,
        Object.keys(bodyAt({ headers }, "headers")).length,
    ];
    const others = ranks(other);
    return (
        ranks(one)
            .map((rank, index) => (others[index] ?? 0) - rank)
            .find((by) => by !== 0) ?? 0
    );
}

function asMatch(match: Body): Body {
    const kinds: Readonly<Record<string, string>> = { Exact: "exact", RegularExpression: "regex" };
    const isExact = textAt(match, "path", "type") === "Exact";
    const headers = bodiesAt(match, "headers").map((one) => [
        textAt(one, "name") ?? "",
        { [kinds[textAt(one, "type") ?? "Exact"] ?? "exact"]: textAt(one, "value") },
    ]);
    const method = textAt(match, "method");
    return {
        ...(isExact && { uri: { exact: textAt(match, "path", "value") ?? "/" } }),
        ...(headers.length > 0 && { headers: Object.fromEntries(headers) as Body }),
        ...(method !== undefined && { method: { exact: method } }),
    };
}

/** What of a rule a VirtualService of ours has no words for, or another meaning. */
function ruleProblems(rule: Body, at: string): Problem[] {
    const fix = "take it out, or leave this HTTPRoute where it is";
    const fields = ["filters", "retry", "sessionPersistence", "timeouts.backendRequest"].filter(
        (field) => valueAt(rule, ...field.split(".")) !== undefined,
    );
    const matches = bodiesAt(rule, "matches").flatMap((match, index): Problem[] => {
        const prefix = textAt(match, "path", "value") ?? "/";
        const kind = textAt(match, "path", "type") ?? "PathPrefix";
        const where = `${at}.matches[${index}]`;
        return [
            ...(kind === "PathPrefix" && prefix !== "/"
                ? [
                      {
                          at: `${where}.path`,
                          message: `takes ${prefix} and what is below it, and not ${prefix}x; a prefix of a TrafficSplit takes that, too`,
                          fix,
                      },
                  ]
                : []),
            ...(kind === "RegularExpression"
                ? [
                      {
                          at: `${where}.path`,
                          message:
                              "is a regular expression, which Istio asks for last: beside a rule for all requests it leads nobody, and in a TrafficSplit it would",
                          fix,
                      },
                  ]
                : []),
            ...(valueAt(match, "queryParams") === undefined
                ? []
                : [{ at: `${where}.queryParams`, message: "is a condition that a TrafficSplit does not have", fix }]),
        ];
    });
    const backends = bodiesAt(rule, "backendRefs").flatMap((one, index): Problem[] =>
        (textAt(one, "kind") ?? "Service") === "Service" &&
        textAt(one, "namespace") === undefined &&
        valueAt(one, "filters") === undefined
            ? []
            : [
                  {
                      at: `${at}.backendRefs[${index}]`,
                      message: "is no Service of the same namespace without filters",
                      fix,
                  },
              ],
    );
    return [
        ...fields.map((field) => ({ at: `${at}.${field}`, message: "is nothing that a TrafficSplit has", fix })),
        ...matches,
        ...backends,
    ];
}

/**
 * The guard of the first update reads VirtualServices, and no HTTPRoutes: to it users go by the number of pods until then. What it
 * would refuse is told before anything is written.
 */
function refusedUnseen(
    at: string,
    name: string,
    proposed: { routes: Placed; subsets: Placed },
    world: World,
): Problem[] {
    const after = overlay(world, [proposed.subsets, proposed.routes]);
    const { findings } = judge([{ readFrom: "cluster", before: world, after }], {});
    return findings.map((finding) => ({
        at: `${at}.rules`,
        message: `the guard of the first update would refuse it, because it does not know HTTPRoutes, and takes the shares of pods for those of users: ${describe(finding)}`,
        fix: `lead all requests to one backend first, and give the other no pods: kubectl scale deployment --replicas 0; then adopt ${name}`,
    }));
}

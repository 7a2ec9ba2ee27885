import { commonHeaders } from "../traffic/effect/kinds";

/**
 * What a rule of a VirtualService does, in CEL: the expressions below are about a rule that a variable of the given name holds. They
 * say what `components/traffic/effect` says, as far as one VirtualService says it.
 */

/** The rules of one list; none where there is no such list. */
export function rulesOf(object: string, list: string): string {
    return `(has(${object}.spec.${list}) ? ${object}.spec.${list} : [])`;
}

/** A rule's destinations; none where it redirects, answers itself or hands over. */
export function routeOf(rule: string): string {
    return `(has(${rule}.route) ? ${rule}.route : [])`;
}

/** Whether a rule takes every request that reaches it, so that those below it never serve. */
export function takesAll(rule: string): string {
    const path =
        "has(m.uri) && (has(m.uri.prefix) ? m.uri.prefix in ['', '/'] : has(m.uri.regex) && m.uri.regex in ['.*', '/.*'])";
    const isBare = "m.all(field, field == 'name' || field == 'uri')";
    return `(!has(${rule}.match) || ${rule}.match.size() == 0 || ${rule}.match.exists(m, ${isBare} && (!has(m.uri) || ${path})))`;
}

/**
 * Whether somebody meets a rule who has not asked for it. A header is asked for where no client has it of itself, and a cookie where
 * the routes do not give it to everybody. Whose pods have which labels is not to be seen, so that these are no tests.
 *
 * @param givesCookies an expression: whether the routes set cookies.
 */
export function isOpen(rule: string, givesCookies: string): string {
    const byHeader = `m.headers.exists(h, !h.lowerAscii().matches('${quoted(commonHeaders.source)}'))`;
    const text =
        "(has(m.headers[h].exact) ? m.headers[h].exact : has(m.headers[h].prefix) ? m.headers[h].prefix : has(m.headers[h].regex) ? m.headers[h].regex : '')";
    const byCookie = `(!${givesCookies} && m.headers.exists(h, h.lowerAscii() == 'cookie' && ${text}.contains('=')))`;
    const isAskedFor = `has(m.headers) && (${byHeader} || ${byCookie})`;
    return `(!has(${rule}.match) || ${rule}.match.size() == 0 || ${rule}.match.exists(m, !(${isAskedFor})))`;
}

/** Whether routes give cookies to those whom they serve. */
export function setsCookies(rules: string): string {
    const sets = (one: string, verb: string): string =>
        `(has(${one}.headers) && has(${one}.headers.response) && has(${one}.headers.response.${verb}) && ${one}.headers.response.${verb}.exists(h, h.lowerAscii() == 'set-cookie'))`;
    const either = (one: string): string => `${sets(one, "add")} || ${sets(one, "set")}`;
    return `${rules}.exists(r, ${either("r")} || ${routeOf("r")}.exists(d, ${either("d")}))`;
}

/** The conditions of a rule, in one form for all that take every request. */
export function conditionsOf(rule: string): string {
    return `(${takesAll(rule)} ? [] : ${rule}.match)`;
}

/** Whether no request can meet both of two rules: their paths exclude each other. */
export function areApart(one: string, other: string): string {
    const path = (rule: string): string => `${rule}.match[0].uri`;
    const has = (rule: string, field: string): string => `has(${path(rule)}.${field})`;
    const isExactUnder = (exact: string, prefix: string): string =>
        `(${has(exact, "exact")} && ${has(prefix, "prefix")} && !${path(exact)}.exact.startsWith(${path(prefix)}.prefix))`;
    return (
        `([${one}, ${other}].all(q, has(q.match) && q.match.size() == 1 && has(q.match[0].uri) && !has(q.match[0].ignoreUriCase)) && (` +
        `(${has(one, "exact")} && ${has(other, "exact")} && ${path(one)}.exact != ${path(other)}.exact) || ` +
        `(${has(one, "prefix")} && ${has(other, "prefix")} && !${path(one)}.prefix.startsWith(${path(other)}.prefix) && !${path(other)}.prefix.startsWith(${path(one)}.prefix)) || ` +
        `${isExactUnder(one, other)} || ${isExactUnder(other, one)}))`
    );
}

/** The name of a destination's version; empty where it is no subset. */
export function versionOf(destination: string): string {
    return `(has(${destination}.destination.subset) ? ${destination}.destination.subset : '')`;
}

/** A destination's host by its full name: a name with a dot is taken as it stands. */
export function hostOf(destination: string): string {
    const host = `${destination}.destination.host`;
    return `(${host}.contains('.') ? ${host} : ${host} + '.' + object.metadata.namespace + '.svc.cluster.local')`;
}

/** Whether two destinations are the same: one version may be listed twice. */
export function isSame(one: string, other: string): string {
    return `(${versionOf(one)} == ${versionOf(other)} && ${hostOf(one)} == ${hostOf(other)})`;
}

/** Percent of a rule's requests that a destination gets: Istio shares in the proportion of the weights, whatever their sum. */
export function shareOf(destination: string, rule: string): string {
    const same = `${routeOf(rule)}.filter(s, ${isSame("s", destination)})`;
    const sum = sumOf(routeOf(rule), rule);
    return `(${sum} == 0 ? 0.0 : (100.0 - ${failing(rule)}) * double(${sumOf(same, rule)}) / double(${sum}))`;
}

/** Percent of a rule's requests that no version answers: by a fault, a redirect, an answer of the proxy. */
export function failing(rule: string): string {
    const abort = `${rule}.fault.abort`;
    const percent = `(has(${abort}.percentage) && has(${abort}.percentage.value) ? double(${abort}.percentage.value) : 100.0)`;
    const aborted = `(has(${rule}.fault) && has(${abort}) ? ${percent} : 0.0)`;
    return `(has(${rule}.delegate) ? 0.0 : ${sumOf(routeOf(rule), rule)} == 0 ? 100.0 : ${aborted})`;
}

/** Whether a rule has a timeout that is shorter than an answer takes, in milliseconds. */
export function isCut(rule: string, milliseconds: number): string {
    return `(has(${rule}.timeout) && duration(${rule}.timeout) > duration('0s') && duration(${rule}.timeout) < duration('${milliseconds}ms'))`;
}

/** A single destination gets all, whatever its weight. */
function sumOf(destinations: string, rule: string): string {
    const weight = `(${rule}.route.size() == 1 ? 100 : (has(w.weight) ? int(w.weight) : 0))`;
    return `([0] + ${destinations}.map(w, ${weight})).sum()`;
}

/** A text between single quotes in CEL. */
export function quoted(text: string): string {
    return text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
}

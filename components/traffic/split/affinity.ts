import type { HttpRoute } from "../world/istio";
import { versionOf } from "./destinations";
import { cookieRegex, isToken } from "./requestMatch";
import type { Problem } from "./problem";
import { type VersionName, weightOf, type Weights } from "./weights";

/** Keeps a user on the version that first served them, by a cookie, for as long as the split lasts. */
export interface Affinity {
    /** The cookie's name. */
    cookie: string;
    /** Seconds for which a browser keeps it. Default 86400, a day. */
    maxAgeSeconds?: number | undefined;
    /** Whether it is sent over TLS only. Default true. */
    secure?: boolean | undefined;
}

/** What a rule leads to, made for its version by the split that the affinity belongs to. */
export type RuleTo = (name: string, version: VersionName, match: HttpRoute["match"]) => HttpRoute;

/**
 * The rules that keep users where they are, for above the weighted rule: one for each version that still has a share.
 * A version without a share keeps nobody: a rollback takes its users back. Once one version has all, the cookie is
 * taken away from whoever still sends it.
 */
export function affinityRoutes(affinity: Affinity, weights: Weights, to: RuleTo): HttpRoute[] {
    const serving = servingVersions(weights);
    const sole = serving.length === 1 ? serving[0] : undefined;
    if (sole !== undefined) {
        const rule = to("affinity-end", sole, withCookie(affinity));
        const route = rule.route.map((one) => ({ ...one, headers: addCookie(one.headers, affinity, "", 0) }));
        return [{ ...rule, route }];
    }
    return serving.map((version) => to(`affinity-${version}`, version, withCookie(affinity, version)));
}

/** Whether a rule of `affinityRoutes` keeps users on versions that have no share by these weights. */
export function keepsUnserved({ name = "", route }: HttpRoute, weights: Weights): boolean {
    return name.startsWith("affinity-") && route.every((one) => weightOf(weights, versionOf(one)) === 0);
}

/** The weighted rule, which gives a new user the cookie of the version that they get. Nobody needs one when all get the same. */
export function givingCookies(
    rule: HttpRoute,
    affinity: Affinity,
    weights: Weights,
    versions: readonly VersionName[],
): HttpRoute {
    if (servingVersions(weights).length < 2) return rule;
    const age = affinity.maxAgeSeconds ?? 86_400;
    const route = rule.route.map((one, index) => ({
        ...one,
        headers: addCookie(one.headers, affinity, versions[index] ?? "", age),
    }));
    return { ...rule, route };
}

/** @returns every problem; empty when it can be applied. */
export function affinityProblems(at: string, { cookie, maxAgeSeconds = 1 }: Affinity): Problem[] {
    const problems: Problem[] = [];
    if (!cookie)
        problems.push({
            at: `${at}.cookie`,
            message: "the cookie has no name",
            fix: `pulumi config set --path ${at}.cookie upshift`,
        });
    else if (!isToken(cookie))
        problems.push({ at: `${at}.cookie`, message: `${JSON.stringify(cookie)} is not a cookie's name` });
    if (!Number.isInteger(maxAgeSeconds) || maxAgeSeconds < 1)
        problems.push({
            at: `${at}.maxAgeSeconds`,
            message: `${maxAgeSeconds} is not a whole number of seconds from 1`,
        });
    return problems;
}

function servingVersions(weights: Weights): VersionName[] {
    return Object.keys(weights).filter((version) => weightOf(weights, version) > 0);
}

function withCookie({ cookie }: Affinity, version?: VersionName): HttpRoute["match"] {
    return [
        { headers: { cookie: { regex: cookieRegex(cookie, version === undefined ? undefined : { exact: version }) } } },
    ];
}

/** Added, not set: the service's own cookies stay. */
function addCookie(
    headers: HttpRoute["route"][number]["headers"],
    { cookie, secure = true }: Affinity,
    value: string,
    maxAge: number,
): HttpRoute["route"][number]["headers"] {
    const text = [
        `${cookie}=${value}`,
        "Path=/",
        `Max-Age=${maxAge}`,
        "HttpOnly",
        "SameSite=Lax",
        ...(secure ? ["Secure"] : []),
    ];
    return { ...headers, response: { add: { "set-cookie": text.join("; ") } } };
}

import { UserError } from "../userError";
/** Who may call what. A path or a method that is in no rule is not reachable. */
export interface TokenRule {
    /**
     * Paths, with a `*` at the end where they go on. Where two rules' patterns fit one path and differ, both must let it through;
     * rules with the same pattern add up.
     */
    paths: string[];
    /** Methods. Default: every one. */
    methods?: string[] | undefined;
    /** Whether anybody may, without a token. Default false. */
    open?: boolean;
    /** Claims that the token must have, each with one of these values at least: `{scope: ["product:read"]}`. Default: none. */
    claims?: Record<string, string[]>;
}

/** Where rules hold, and whose tokens count. */
export interface TokenRulesAt {
    hosts: string[];
    /** The pods' ports on which they do not hold. */
    notPorts: string[];
    /** The tokens' claim `iss`. */
    issuer: string;
}

/** A rule of an AuthorizationPolicy with the action DENY. */
export interface Refusal {
    from?: { source: { notRequestPrincipals: string[] } }[];
    to: { operation: Operation }[];
    when?: { key: string; notValues: string[] }[];
}

interface Operation {
    hosts: string[];
    notPorts: string[];
    paths?: string[];
    notPaths?: string[];
    methods?: string[];
    notMethods?: string[];
}

/**
 * What an AuthorizationPolicy must refuse so that only what the rules allow is left. Refusals, not permits: one permit at a gateway
 * would close every host that it does not name.
 *
 * @throws when a rule has no path, or an empty list of methods or values, which the mesh would read as every one.
 */
export function refusalsFor(rules: readonly TokenRule[], { hosts, notPorts, issuer }: TokenRulesAt): Refusal[] {
    rules.forEach(checkRule);
    const at = { hosts, notPorts };
    const patterns = [...new Set(rules.flatMap(({ paths }) => paths))];
    return [
        { to: [{ operation: { ...at, notPaths: patterns } }] },
        ...patterns.flatMap((path) =>
            otherMethods(rules, path).map((notMethods) => ({
                to: [{ operation: { ...at, paths: [path], notMethods } }],
            })),
        ),
        ...rules.filter(({ open }) => !open).flatMap((rule) => withoutToken(rule, at, issuer)),
    ];
}

function checkRule({ paths, methods, open, claims = {} }: TokenRule): void {
    const what = `The rule for ${paths.join(", ") || "no path"}`;
    const fix = "name at least one in the TokenCheck's `rules`";
    if (paths.length === 0) throw new UserError({ what: `${what} would hold nowhere.`, fix });
    if (methods?.length === 0)
        throw new UserError({ what: `${what} has no method.`, fix: `${fix}, or leave \`methods\` out for every one` });
    for (const [claim, values] of Object.entries(claims))
        if (values.length === 0) throw new UserError({ what: `${what} asks for claim ${claim} without a value.`, fix });
    if (open && Object.keys(claims).length > 0)
        throw new UserError({ what: `${what} is open and asks for claims.`, fix: "take `open` or `claims` away" });
}

/** The methods of all rules for a pattern, once; none where one of them takes every method. */
function otherMethods(rules: readonly TokenRule[], path: string): string[][] {
    const those = rules.filter(({ paths }) => paths.includes(path));
    if (those.some(({ methods }) => methods === undefined)) return [];
    return [[...new Set(those.flatMap(({ methods = [] }) => methods))]];
}

/** Refuses whoever has no token of the issuer's, and whoever has one without a claim. */
function withoutToken(
    { paths, methods, claims = {} }: TokenRule,
    at: Pick<Operation, "hosts" | "notPorts">,
    issuer: string,
): Refusal[] {
    const to = [{ operation: { ...at, paths, ...(methods && { methods }) } }];
    return [
        { from: [{ source: { notRequestPrincipals: [`${issuer}/*`] } }], to },
        ...Object.entries(claims).map(([claim, notValues]) => ({
            to,
            when: [{ key: `request.auth.claims[${claim}]`, notValues }],
        })),
    ];
}

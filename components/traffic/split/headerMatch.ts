import type { Problem } from "./problem";
import { regexProblems } from "./requestMatch";
import type { VersionName } from "./weights";

/** Requests that carry this header reach version `to`, whatever the weights. Exactly one of exact, prefix and regex is given. */
export interface CanaryHeader {
    /** The header's name; case does not matter. */
    name: string;
    /** The value, letter by letter. */
    exact?: string | undefined;
    /** What the value starts with. */
    prefix?: string | undefined;
    /** A regular expression (RE2) that matches the whole value. */
    regex?: string | undefined;
    /** The version that gets these requests. */
    to: VersionName;
}

const matchers = ["exact", "prefix", "regex"] as const;

/** @returns every problem of the header; empty when it can be applied. */
export function canaryHeaderProblems(at: string, header: CanaryHeader): Problem[] {
    const given = matchers.filter((matcher) => header[matcher] !== undefined);
    const problems: Problem[] = [];
    if (!header.name)
        problems.push({
            at: `${at}.name`,
            message: "the header has no name",
            fix: `pulumi config set --path ${at}.name X-group`,
        });
    else if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(header.name))
        problems.push({ at: `${at}.name`, message: `${JSON.stringify(header.name)} is not a header's name` });
    if (!header.to)
        problems.push({
            at: `${at}.to`,
            message: "no version is named that the header leads to",
            fix: `pulumi config set --path ${at}.to v2`,
        });
    if (given.length === 0)
        problems.push({
            at,
            message: "the header needs one of exact, prefix and regex",
            fix: `pulumi config set --path ${at}.exact test`,
        });
    if (given.length > 1) {
        problems.push({
            at,
            message: `the header has ${given.join(" and ")}, and takes one of them`,
            fix: given
                .slice(1)
                .map((matcher) => `pulumi config rm --path ${at}.${matcher}`)
                .join(" && "),
        });
    }
    for (const matcher of given) {
        if (header[matcher] === "")
            problems.push({ at: `${at}.${matcher}`, message: "is empty, and would match every request or none" });
    }
    if (header.regex) problems.push(...regexProblems(`${at}.regex`, header.regex));
    return problems;
}

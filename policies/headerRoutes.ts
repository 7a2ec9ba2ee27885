import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import { hostsOf, shortHost } from "./read/hosts";
import { bodiesAt, type Body, type KubeObject, type Value } from "./read/object";
import { type Rule, rulesOf } from "../components/traffic/world/rules";

const name = "header-routes";
/** What must be the same for testers as for everybody: else a test says nothing about what users will get (argo-rollouts #3879). */
const behaviour = ["timeout", "retries"] as const;

/** Rules for testers stand above the one for everybody, which takes all that reaches it, and behave like the rule they stand in for. */
export const headerRoutes: ResourceValidationPolicy = {
    name,
    description: "Rules by header or cookie stand above the rule for everybody, and have its timeout and retries.",
    severity: "high",
    validateResource: eachObject(name, ["VirtualService"], (object, report) => {
        const rules = rulesOf(object);
        const last = rules.findIndex(({ serves }) => serves === "everybody");
        for (const [index, rule] of rules.entries()) {
            if (last >= 0 && index > last)
                report(
                    `${at(object, rule)} never serves: ${rules[last]?.name} above it takes every request; move it above`,
                );
            else if (rule.serves === "testers" && rule.destinations.length > 0)
                behavesAlike(object, rule, rules.slice(index + 1), report);
        }
    }),
};

function behavesAlike(object: KubeObject, rule: Rule, below: readonly Rule[], report: (message: string) => void): void {
    const counterpart =
        below.find((other) => standsIn(rule, other)) ?? below.find(({ serves }) => serves === "everybody");
    if (!counterpart) return;
    for (const field of behaviour) {
        const [own, other] = [inWords(rule.body[field]), inWords(counterpart.body[field])];
        if (own !== other)
            report(
                `${at(object, rule)} has ${field} ${own}, and ${counterpart.name} ${other}; testers must get what everybody gets: give both the same`,
            );
    }
}

/** Whether a rule has the conditions of another, headers apart. */
function standsIn(rule: Rule, other: Rule): boolean {
    if (other.serves !== "some") return false;
    const bare = (one: Rule): string => JSON.stringify(bodiesAt(one.body, "match").map(withoutHeaders));
    return bare(rule) === bare(other);
}

function withoutHeaders(match: Body): Body {
    return Object.fromEntries(Object.entries(match).filter(([field]) => field !== "headers" && field !== "name"));
}

function at(object: KubeObject, rule: Rule): string {
    return `${shortHost(hostsOf(object)[0] ?? "")}: ${rule.name}`;
}

function inWords(value: Value): string {
    if (value === undefined || value === null) return "unset";
    return typeof value === "object" ? JSON.stringify(Object.fromEntries(Object.entries(value).sort())) : String(value);
}

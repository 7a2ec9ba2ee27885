import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import type { Routes, Rule } from "../components/traffic/world/virtualServices";
import type { Body, KubeObject, Value } from "./read/object";
import { isForTesters, kindsFor, metByOthers, placesIn, routesOf, takesAll, titleOf } from "./read/rules";

const name = "header-routes";
/** What must be the same for testers as for everybody: else a test says nothing about what users will get (argo-rollouts #3879). */
const behaviour = ["timeout", "retries"] as const;

/** Rules for testers stand above the one for everybody, which takes all that reaches it, and behave like the rule they stand in for. */
export const headerRoutes: ResourceValidationPolicy = {
    name,
    description: "Rules by header or cookie stand above the rule for everybody, and have its timeout and retries.",
    severity: "high",
    validateResource: eachObject(name, ["VirtualService"], (object, report) => {
        const routes = routesOf(object);
        // Rules for TLS and TCP know no requests: they are tried by themselves, for connections.
        const rules = routes?.rules.http ?? [];
        if (!routes) return;
        const last = rules.findIndex((rule) => takesAll(rule, routes));
        for (const [index, rule] of rules.entries()) {
            if (last >= 0 && index > last)
                report(
                    `${titleOf(routes)}: ${rule.title} never serves: ${rules[last]?.title} above it takes every request; move it above`,
                );
            else behavesAlike(object, routes, rule, rules.slice(index + 1), report);
        }
    }),
};

function behavesAlike(
    object: KubeObject,
    routes: Routes,
    rule: Rule,
    below: readonly Rule[],
    report: (message: string) => void,
): void {
    if (!rule.route?.length || !isForTesters(rule, routes, object)) return;
    const [place] = placesIn(routes);
    const [kind] = place ? kindsFor(rule, place) : [];
    const counterpart = kind && metByOthers(below, kind);
    if (!counterpart?.route?.length) return;
    for (const field of behaviour) {
        const [own, other] = [rule, counterpart].map((one) => inWords((one as unknown as Body)[field]));
        if (own !== other)
            report(
                `${titleOf(routes)}: ${rule.title} has ${field} ${own}, and ${counterpart.title} ${other}; testers must get what everybody gets: give both the same`,
            );
    }
}

function inWords(value: Value): string {
    if (value === undefined || value === null) return "unset";
    return typeof value === "object" ? JSON.stringify(Object.fromEntries(Object.entries(value).sort())) : String(value);
}

import { inShort } from "./fields";
import type { Drift, Plan, PlanFinding, PodChange, ResourceChange, ServicePlan } from "./model";
import { shares } from "./words";

/** What the plan comes to, in one line. */
export function headline(plan: Plan): string {
    const name = `${plan.project}/${plan.stack}`;
    if (plan.result === "nothing")
        return `${name}: nothing to do${plan.drift.length > 0 ? ", but the cluster is not as it was applied" : ""}.`;
    if (plan.result === "failed") return `${name}: the preview failed; what is known stands below.`;
    const isRefused = plan.result === "refused";
    // A preview that a guard has ended may not have come to what moves users.
    const nobody = isRefused ? "what would move stands below as far as it is known" : "no user is moved";
    const what = plan.services.length > 0 ? byWords(plan.services) : nobody;
    return `${name}: ${isRefused ? "REFUSED; " : ""}${what}.`;
}

/** `review: step 1 of 4 to v2; product, recommendation: weights stay`: those first whose users move. */
function byWords(services: Plan["services"]): string {
    const moved = services.filter(({ step }) => step.kind !== "routes" && step.kind !== "via");
    const groups = new Map<string, string[]>();
    for (const one of [...moved, ...services.filter((one) => !moved.includes(one))])
        groups.set(one.step.words, [...(groups.get(one.step.words) ?? []), nameOf(one)]);
    return [...groups].map(([words, names]) => `${names.join(", ")}: ${words}`).join("; ");
}

/** A service, and which of several of its name: `review in stage`. */
export function nameOf({ service, at }: Pick<ServicePlan, "service" | "at">): string {
    return at === undefined ? service : `${service} ${at}`;
}

/** What stands for a side that is not there, or not known. */
export function missingWords({ unknown }: Pick<ServicePlan, "unknown">): string {
    return unknown === undefined ? "not there" : "not known";
}

/** `v1 100 % → v1 80 %, v2 20 %`. */
export function beforeAndAfter({ applied, proposed, unknown }: ServicePlan): string {
    const missing = missingWords({ unknown });
    return `${applied ? shares(applied.weights) : "not there"} → ${proposed ? shares(proposed.weights) : missing}`;
}

/** `review-v2: 1 → 3 pods`. */
export function podWords({ deployment, from, to, restarts, because }: PodChange): string {
    const pods = (count: number): string => `${count} ${count === 1 ? "pod" : "pods"}`;
    if (from === 0) return `${deployment}: ${pods(to)} ${to === 1 ? "starts" : "start"}`;
    if (to === 0) return `${deployment}: ${pods(from)} ${from === 1 ? "stops" : "stop"}`;
    const count = from === to ? pods(to) : `${from} → ${pods(to)}`;
    return `${deployment}: ${count}${restarts ? `, replaced one by one${because ? ` (${because})` : ""}` : ""}`;
}

/** The findings, without those that stand above all else already. */
export function verdictsOf(plan: Pick<Plan, "drift" | "findings">): readonly PlanFinding[] {
    const isTold = movedByOthers(plan).length > 0;
    return plan.findings.filter(({ code }) => !isTold || code !== "drift");
}

/** What stands first in a finding's line. */
export function verdict({ level, source }: PlanFinding): string {
    return `${level === "mandatory" ? "refused" : "advice"} by ${source}`;
}

/** `VirtualService shop/review-vs: spec.http[0].route[0].weight applied 100, now 70 (by kubectl-edit at …)`. */
export function driftWords({ resource, fields, by, at }: Drift): string {
    if (fields.some(({ path }) => path === "")) return `${resource}: is in the state, but not in the cluster`;
    const told = fields
        .slice(0, 4)
        .map(({ path, from, to }) => `${path} was applied as ${inShort(from, 40)} and is ${inShort(to, 40)}`);
    const more = fields.length > 4 ? `, and ${fields.length - 4} more` : "";
    return `${resource}: ${told.join("; ")}${more}${by ? ` (last written by ${by}${at ? ` at ${at}` : ""})` : ""}`;
}

/** Who has moved users past Pulumi, when, and the ways on; the lines of what an engineer on call sees first. */
export function movedByOthers({ drift }: Pick<Plan, "drift">): { what: string; fixes: readonly string[] }[] {
    return drift.flatMap(({ resource, by, at, moves = [], fixes }) => {
        if (!fixes) return [];
        const who = `${by ?? "somebody"} has written ${resource}${at ? ` at ${at}` : ""}`;
        const what = moves.length > 0 ? moves.join(", ") : "some requests meet something else";
        return [{ what: `${who}: ${what}`, fixes }];
    });
}

/** `review: about 12 requests a second to v1 and 3 to v2 (now 15 and 0)`. */
export function rateWords({ service, rate }: ServicePlan): string | undefined {
    if (!rate) return undefined;
    const each = (rates: Readonly<Record<string, number>>): string =>
        Object.entries(rates)
            .map(([version, value]) => `${value.toFixed(value > 0 && value < 10 ? 1 : 0)} to ${version}`)
            .join(", ");
    return `${service}, requests a second: ${each(rate.then)} (now ${each(rate.now)})`;
}

/** The sign that Pulumi gives an operation. */
export function sign(op: string): string {
    return { create: "+", update: "~", delete: "-", replace: "±", import: "=" }[op] ?? "·";
}

/** The lines of one resource's difference. */
export function changeLines({ op, resource, fields }: ResourceChange): string[] {
    const lines = fields.map(({ path, from, to }) => `    ${path}: ${inShort(from)} → ${inShort(to)}`);
    return [`${sign(op)} ${resource}`, ...lines];
}

/** `1 to create, 3 to update, 61 unchanged`. */
export function countWords(counts: Plan["counts"]): string {
    const names: Record<string, string> = {
        same: "unchanged",
        create: "to create",
        update: "to update",
        delete: "to delete",
        replace: "to replace",
    };
    const order = ["create", "update", "replace", "delete", "same"];
    const entries = Object.entries(counts).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    return entries.map(([op, count]) => `${count} ${names[op] ?? op}`).join(", ");
}

/** What is wrong or not known, a line each. */
export function troubles(plan: Plan): string[] {
    return [...plan.errors, ...plan.notKnown];
}

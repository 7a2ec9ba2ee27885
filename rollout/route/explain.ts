import type { Met } from "../../components/traffic/effect/ways";
import { shortName } from "../../components/traffic/world/hosts";
import type { Hop } from "./follow";

/** The way of a request in words, a paragraph for each decision. */
export function explainChain(hops: readonly Hop[]): string {
    return hops.map(explain).join("\n\n");
}

function explain({ at, decision }: Hop): string {
    const { host, by, tried, outcome } = decision;
    const rules = tried.map(({ rule, matches, why }) => `  ${matches ? "✔" : "✘"} ${rule}: ${why}`);
    const who = by.length > 0 ? `by VirtualService ${by.join(" and ")}` : "without a VirtualService";
    return [`${at} → ${shortName(host)}, ${who}`, ...rules, `  ${result(outcome)}`].join("\n");
}

function result(outcome: Met): string {
    if (outcome.kind === "answer") return `⇒ answered with ${outcome.status}: ${outcome.why}`;
    if (outcome.kind === "passes") return "⇒ passes the mesh by, to the address that it was meant for";
    if (outcome.kind === "unknown") return `⇒ not known: ${outcome.why}`;
    const { shares, faults = [] } = outcome;
    const served = 100 - faults.reduce((sum, { percent }) => sum + percent, 0);
    const failing = faults.map(({ why, percent }) => inPercent(percent, why));
    if (served === 0) return `⇒ ${failing.join(", ")}`;
    const parts = shares.map(({ host, subset, percent, missing, headers }) => {
        const where = `${subset ?? "any pod"} of ${shortName(host)}${missing ? " (no DestinationRule knows it: 503)" : ""}`;
        const release = headers["x-release"] ? `, with x-release: ${headers["x-release"]}` : "";
        return inPercent((percent * served) / 100, `${where}${release}`);
    });
    return `⇒ ${[...failing, ...parts].join(", ")}`;
}

function inPercent(percent: number, what: string): string {
    return `${percent === 100 ? "" : `${Math.round(percent * 10) / 10} % `}${what}`;
}

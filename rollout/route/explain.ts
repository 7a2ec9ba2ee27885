import type { Outcome } from "../../components/traffic/effect/outcome";
import { shortName } from "../../components/traffic/world/meshHosts";
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

function result(outcome: Outcome): string {
    if (outcome.kind === "answer") return `⇒ answered with ${outcome.status}: ${outcome.why}`;
    if (outcome.kind === "passes") return "⇒ passes the mesh by, to the address that it was meant for";
    if (outcome.kind === "unknown") return `⇒ not known: ${outcome.why}`;
    const parts = outcome.shares.map(({ host, subset, percent, missing, headers }) => {
        const where = `${subset ?? "any pod"} of ${shortName(host)}${missing ? " (no DestinationRule knows it: 503)" : ""}`;
        const release = headers["x-release"] ? `, with x-release: ${headers["x-release"]}` : "";
        return `${percent === 100 ? "" : `${Math.round(percent * 10) / 10} % `}${where}${release}`;
    });
    return `⇒ ${parts.join(", ")}`;
}

import pc from "picocolors";
import type { Plan, ServicePlan } from "./model";
import {
    beforeAndAfter,
    changeLines,
    countWords,
    driftWords,
    headline,
    movedByOthers,
    nameOf,
    podWords,
    rateWords,
    troubles,
    verdict,
    verdictsOf,
} from "./told";

/** The plan for a terminal: users first, resources last. */
export function asText(plan: Plan): string {
    const sections = [
        section(
            "Somebody else has moved users since the last update: choose one before the next",
            movedByOthers(plan).flatMap(({ what, fixes }) => [what, ...fixes.map((fix) => `  fix: ${fix}`)]),
        ),
        ...plan.services.map(service),
        section(
            "Refused and advised",
            verdictsOf(plan).map((finding) =>
                [`${verdict(finding)}: ${finding.message}`, ...(finding.fix ? [`  fix: ${finding.fix}`] : [])].join(
                    "\n",
                ),
            ),
        ),
        section("Pods", plan.pods.map(podWords)),
        section(
            "Replaced",
            plan.replaced.map(
                ({ resource, because }) =>
                    `${resource}${because.length > 0 ? `, because of ${because.join(", ")}` : ""}`,
            ),
        ),
        section("The cluster is not as it was applied", plan.drift.map(driftWords)),
        section("A rollback after this", [...new Set(plan.services.flatMap(({ rollback }) => rollback ?? []))]),
        section(plan.result === "failed" ? "What went wrong" : "Not known", troubles(plan)),
        section(
            "What serves now, as last applied",
            Object.entries(plan.serving ?? {}).map(([service, shares]) => `${service}: ${shares}`),
        ),
        section(
            `Resources: ${countWords(plan.counts)}`,
            plan.changes.length > 0 ? [plan.changes.flatMap(changeLines).join("\n")] : [],
        ),
    ];
    return [pc.bold(headline(plan)), ...sections.filter(Boolean)].join("\n\n");
}

function service(plan: ServicePlan): string {
    const rate = rateWords(plan);
    const lines = [...plan.words, ...(rate ? [rate] : [])].map((line) => `  ${line}`);
    return [`${pc.bold(nameOf(plan))}  ${beforeAndAfter(plan)}  ${pc.dim(`(${plan.step.words})`)}`, ...lines].join(
        "\n",
    );
}

function section(title: string, lines: readonly string[]): string {
    if (lines.length === 0) return "";
    return [pc.bold(title), ...lines.map((line) => line.replace(/^/gm, "  "))].join("\n");
}

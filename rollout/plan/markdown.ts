import { asMermaid } from "./mermaid";
import type { Plan, ServicePlan } from "./model";
import {
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
import { shares } from "./words";

/** What GitHub takes as the body of one comment, in characters. */
export const limit = 65_535;

/** What stands, unseen, at the beginning of a comment, so that it is found and edited in place. */
export function marker({ project, stack }: Pick<Plan, "project" | "stack">): string {
    // A comment in HTML ends at `--`.
    return `<!-- upshift:${`${project}/${stack}`.replace(/[^\w./-]/g, "_").replace(/--/g, "__")} -->`;
}

/** The plan for a pull request. It fits into one comment: what gives way first are the details, and the summary never does. */
export function asMarkdown(plan: Plan, most = limit): string {
    const summary = [
        marker(plan),
        `### ${icon(plan)} ${escaped(headline(plan))}`,
        ...movedFirst(plan),
        ...table(plan.services),
        ...verdicts(plan),
        ...known(plan),
    ];
    const parts = [...picture(plan), ...details(plan)];
    const left = "\n\n_Left out, because a comment has room for no more: see the whole plan in the job's artifacts._";
    let text = cut(summary.join("\n\n"), most - left.length);
    for (const part of parts) {
        if (text.length + part.length + 2 + left.length > most) return text + left;
        text += `\n\n${part}`;
    }
    return text;
}

function icon({ result, drift }: Plan): string {
    if (result === "refused") return "⛔";
    if (result === "failed") return "❌";
    return drift.length > 0 ? "⚠️" : result === "nothing" ? "✅" : "🚦";
}

/** What somebody else has done to users stands first: nobody should approve a step over it unseen. */
function movedFirst(plan: Plan): string[] {
    const lines = movedByOthers(plan).map(
        ({ what, fixes }) => `- ⚠️ **${escaped(what)}**<br>choose one: ${fixes.map(code).join(" or ")}`,
    );
    return lines.length > 0 ? [lines.join("\n")] : [];
}

function table(services: readonly ServicePlan[]): string[] {
    if (services.length === 0) return [];
    const rows = services.map(({ service, at, applied, proposed, step, words }) =>
        [
            nameOf({ service, at }),
            applied ? shares(applied.weights) : "–",
            proposed ? shares(proposed.weights) : "–",
            step.words,
            words.join(" "),
        ]
            .map(cell)
            .join(" | "),
    );
    return [
        [
            "| service | now | after | step | what users meet |",
            "|---|---|---|---|---|",
            ...rows.map((row) => `| ${row} |`),
        ].join("\n"),
    ];
}

function verdicts(plan: Plan): string[] {
    const findings = verdictsOf(plan);
    if (findings.length === 0) return [];
    const lines = findings.map((finding) => {
        const fix = finding.fix ? `<br>fix: ${code(finding.fix)}` : "";
        return `- ${finding.level === "mandatory" ? "⛔" : "💡"} **${escaped(verdict(finding))}**: ${inLines(finding.message)}${fix}`;
    });
    return [lines.join("\n")];
}

/** What reviewers must know beside the split: what went wrong, who else has written, what is not known. */
function known(plan: Plan): string[] {
    const lines = [
        ...troubles(plan).map((line) => `- ❗ ${escaped(line)}`),
        ...Object.entries(plan.serving ?? {}).map(
            ([service, shares]) => `- serving now, as last applied: ${escaped(`${service}: ${shares}`)}`,
        ),
        ...plan.drift.map((drift) => `- ⚠️ ${escaped(driftWords(drift))}`),
        ...plan.pods.map((pod) => `- pods: ${escaped(podWords(pod))}`),
        ...plan.replaced.map(
            ({ resource, because }) =>
                `- replaced: ${escaped(resource)}${because.length > 0 ? `, because of ${escaped(because.join(", "))}` : ""}`,
        ),
        ...plan.services.flatMap((service) => rateWords(service) ?? []).map((line) => `- ${escaped(line)}`),
    ];
    return lines.length > 0 ? [lines.join("\n")] : [];
}

function picture({ services }: Plan): string[] {
    return services.length > 0 ? [["```mermaid", asMermaid(services), "```"].join("\n")] : [];
}

function details({ services, changes, counts }: Plan): string[] {
    const commands = new Set(services.flatMap((service) => service.rollback ?? []));
    const rollback = [...commands].map((line) => `- ${withCommand(line)}`);
    return [
        ...(rollback.length > 0 ? [folded("A rollback after this", rollback.join("\n"))] : []),
        ...(changes.length > 0
            ? [
                  folded(
                      `Resources: ${countWords(counts)}`,
                      `<pre>${escaped(changes.flatMap(changeLines).join("\n"))}</pre>`,
                  ),
              ]
            : []),
    ];
}

function folded(title: string, body: string): string {
    return `<details><summary>${escaped(title)}</summary>\n\n${body}\n\n</details>`;
}

function withCommand(line: string): string {
    const at = line.indexOf("pulumi config");
    return at < 0 ? escaped(line) : `${escaped(line.slice(0, at))}${code(line.slice(at))}`;
}

/** Text of several lines within one item of a list. */
function inLines(text: string): string {
    return escaped(text).replace(/\n\s*/g, "<br>");
}

function code(text: string): string {
    return `<code>${escaped(text)}</code>`;
}

/** Text as it is: no HTML, no Markdown, no mention of a user or an issue. */
function escaped(text: string): string {
    return text
        .replace(/&/g, "&amp;")
        .replace(/</g, "&lt;")
        .replace(/>/g, "&gt;")
        .replace(/[\\`*_[\]|~]/g, (sign) => `&#${sign.charCodeAt(0)};`)
        .replace(/@(?=\w)/g, "&#64;")
        .replace(/#(?=\d)(?<!&#)/g, "&#35;");
}

function cell(text: string): string {
    return escaped(text).replace(/\n/g, " ");
}

/** No more than so many characters, and whole lines. */
function cut(text: string, most: number): string {
    if (text.length <= most) return text;
    const end = text.lastIndexOf("\n", most - 2);
    return `${text.slice(0, end > most / 2 ? end : most - 1)}…`;
}

import type { Finding } from "../../components/traffic/judge/finding";
import type { Diagnostic, PolicyEvent } from "./events";
import type { PlanFinding } from "./model";

/** What a guard's hook says before its findings, in an error of the engine's. */
const refusal = "this step is refused:\n";

/** Whether an error is a guard's verdict and no failure. */
export function isRefusal({ severity, message }: Diagnostic): boolean {
    return severity === "error" && message.includes(refusal);
}

/** Every verdict once, whoever else says the same: the step's own check first, then the hooks, then policies. */
export function findingsOf(
    judged: readonly Finding[],
    refusals: readonly Diagnostic[],
    policies: readonly PolicyEvent[],
): PlanFinding[] {
    const all = [...judged.map(judgedFinding), ...refusals.flatMap(refusalFindings), ...policies.map(policyFinding)];
    const merged = new Map<string, PlanFinding>();
    for (const finding of all) {
        const earlier = merged.get(finding.message);
        merged.set(finding.message, earlier ? together(earlier, finding) : finding);
    }
    return [...merged.values()];
}

function judgedFinding({ message, next, fix }: Finding): PlanFinding {
    return {
        level: "mandatory",
        source: "step check",
        message,
        ...(next === undefined ? {} : { next }),
        ...(fix ? { fix } : {}),
    };
}

function refusalFindings({ message }: Diagnostic): PlanFinding[] {
    const [, told = ""] = message.split(refusal);
    const texts: string[] = [];
    for (const line of told.split("\n").filter((line) => line.trim() !== "")) {
        if (/^\s+fix: /.test(line) && texts.length > 0) texts[texts.length - 1] += `\n${line}`;
        else texts.push(line);
    }
    return texts.map((text) => ({ level: "mandatory", source: "step check", ...withWayOut(text) }));
}

function policyFinding({ policy, pack, level, message, resource }: PolicyEvent): PlanFinding {
    // Most messages begin with what they are about.
    const text =
        resource && !/^[\w./-]+:/.test(message) && !message.includes(resource) ? `${resource}: ${message}` : message;
    return { level, source: `${pack}/${policy}`, ...withWayOut(text) };
}

function together(one: PlanFinding, other: PlanFinding): PlanFinding {
    const sources = one.source.split(" and ");
    return {
        ...other,
        ...one,
        level: one.level === "mandatory" ? one.level : other.level,
        source: [...sources, ...(sources.includes(other.source) ? [] : [other.source])].join(" and "),
    };
}

/** Takes the command that fixes it, and the next allowed value, out of a finding's text. */
function withWayOut(text: string): Pick<PlanFinding, "message" | "next" | "fix"> {
    const [message = "", fix] = text.split(/\n\s*fix: /);
    const next = /\btry (\d+)/.exec(message)?.[1];
    return { message: message.trim(), ...(next ? { next: Number(next) } : {}), ...(fix ? { fix: fix.trim() } : {}) };
}

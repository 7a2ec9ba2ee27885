import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { authorOf, sameName } from "../components/author";
import { round } from "../components/traffic/judge/words";
import { theStep } from "./read/check";
import { movesIn } from "./read/moves";
import type { Run } from "./read/run";

const name = "second-person";
/** The mark on routes, for those who have no config of ours. */
const approvedByAnnotation = "upshift.dev/approved-by";
/** Where a workflow says who has approved the change, as a JSON list of names; unset where nobody knows. */
const approversVariable = "UPSHIFT_APPROVERS";

/** A large move has a second person's mark, and that person is not the one who makes it. */
export const secondPerson: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description:
        "A raise of more than `above` points is approved by somebody else than its author: config `approvedBy`, or the annotation `upshift.dev/approved-by`. The author is whom CI runs for; without CI, config `author` or `$USER`.",
    severity: "high",
    configSchema: {
        properties: {
            above: {
                type: "integer",
                minimum: 0,
                maximum: 100,
                default: 100,
                description: "Points; 100: no mark is asked for.",
            },
        },
    },
    ...theStep<{ above: number }>(name, (step, report, { run, config }) => {
        if (config.above >= 100) return;
        const { moves, unreadable } = movesIn(run, step);
        unreadable.forEach((message) => report(message));
        const author = authorOf(textOf(run, "author"));
        const approvers = knownApprovers();
        for (const { service, version, from, to, marked } of moves.filter(
            (move) => move.to - move.from > config.above,
        )) {
            const approvedBy = textOf(run, "approvedBy") ?? marked[approvedByAnnotation];
            const jump = `${service}: ${version} ${from} → ${to} is a raise of ${round(to - from)} points; above ${config.above} a second person approves`;
            if (!approvedBy) report(`${jump}: try ${round(from + config.above)}, or pulumi config set approvedBy NAME`);
            else if (sameName(approvedBy, author ?? ""))
                report(`${jump}: ${approvedBy} is the author; somebody else has to`);
            else if (approvers && !approvers.some((name) => sameName(name, approvedBy)))
                report(
                    `${jump}: ${approvedBy} has not approved this change (${approvers.join(", ") || "nobody"} has): have it approved, or pulumi config set approvedBy NAME`,
                );
        }
    }),
};

function knownApprovers(): readonly string[] | undefined {
    const text = process.env[approversVariable];
    return text ? (JSON.parse(text) as string[]) : undefined;
}

function textOf(run: Run, key: string): string | undefined {
    const value = run.sources.config(key);
    return typeof value === "string" && value !== "" ? value : undefined;
}

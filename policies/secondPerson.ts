import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import { mapAt } from "./read/object";
import { movesIn } from "./read/move";
import type { Run } from "./read/run";
import { annotations } from "./read/declared";

const name = "second-person";
/** Where systems that run updates say for whom. */
const authorVariables = ["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER"];

/** A large move has a second person's mark, and that person is not the one who makes it. */
export const secondPerson: ResourceValidationPolicy = {
    name,
    description:
        "A raise of more than `above` points is approved by somebody else than its author: config `approvedBy` and `author`, or the annotation `upshift.dev/approved-by`.",
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
    validateResource: eachObject<{ above: number }>(
        name,
        ["VirtualService"],
        async (object, report, { run, config }) => {
            if (config.above >= 100) return;
            const { moves, unreadable } = await movesIn(run, object);
            unreadable.forEach(({ message }) => report(message));
            const approvedBy =
                textOf(run, "approvedBy") ?? mapAt(object.body, "metadata", "annotations")[annotations.approvedBy];
            const author =
                textOf(run, "author") ?? authorVariables.map((variable) => process.env[variable]).find(Boolean);
            for (const { service, version, from, to } of moves.filter((move) => move.to - move.from > config.above)) {
                const jump = `${service}: ${version} ${from} → ${to} is a raise of ${to - from} points; above ${config.above} a second person approves`;
                if (!approvedBy) report(`${jump}: try ${from + config.above}, or pulumi config set approvedBy NAME`);
                else if (sameName(approvedBy, author ?? ""))
                    report(`${jump}: ${approvedBy} is the author; somebody else has to`);
            }
        },
    ),
};

function textOf(run: Run, key: string): string | undefined {
    const value = run.sources.config(key);
    return typeof value === "string" && value !== "" ? value : undefined;
}

function sameName(one: string, other: string): boolean {
    return one.trim().toLowerCase() === other.trim().toLowerCase();
}

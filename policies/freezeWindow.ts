import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { Cron } from "croner";
import { theStep } from "./read/check";
import { movesIn } from "./read/moves";

const name = "freeze-window";

/** A time in which nothing moves away from stable. */
export interface Window {
    /** When it begins, as five fields of cron. */
    readonly cron: string;
    readonly minutes: number;
    /** `Europe/Berlin`. Default UTC. */
    readonly timeZone?: string;
    /** Why, for the message. */
    readonly reason?: string;
}

/** In a freeze nobody gets more of a new version. The way back to stable is open at any time. */
export const freezeWindow: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description: "In a freeze window no version gets a larger share; moves towards stable are always allowed.",
    severity: "high",
    configSchema: {
        properties: {
            windows: {
                type: "array",
                default: [],
                description: '`[{cron: "0 16 * * 5", minutes: 3840, timeZone: Europe/Berlin, reason: weekend}]`',
                items: {
                    type: "object",
                    required: ["cron", "minutes"],
                    properties: {
                        cron: { type: "string" },
                        minutes: { type: "integer", minimum: 1 },
                        timeZone: { type: "string" },
                        reason: { type: "string" },
                    },
                    additionalProperties: false,
                },
            },
        },
    },
    ...theStep<{ windows: readonly Window[] }>(name, (step, report, { run, config }) => {
        const open = config.windows.map((window) => [window, endOf(window, run.sources.now())] as const);
        const frozen = open.filter(([, end]) => end !== undefined);
        if (frozen.length === 0) return;
        const { moves, unreadable } = movesIn(run, step);
        unreadable.forEach((message) => report(message));
        for (const [{ cron, timeZone = "UTC", reason }, end] of frozen)
            for (const { service, version, from, to } of moves)
                report(
                    `${service}: ${version} ${from} → ${to} falls into the freeze "${reason ?? cron}" (${cron} ${timeZone}); ` +
                        `at most ${from} until ${end?.toISOString()}; moves towards stable are allowed`,
                );
    }),
};

/**
 * When the window that is open now ends; undefined when none is.
 *
 * @throws when the cron expression or the time zone can't be read.
 */
export function endOf({ cron, minutes, timeZone = "UTC" }: Window, now: Date): Date | undefined {
    const length = minutes * 60_000;
    let begin: Date | null;
    try {
        // One that began less than its length ago is open.
        begin = new Cron(cron, { timezone: timeZone, paused: true }).nextRun(new Date(now.getTime() - length));
    } catch (error) {
        throw new Error(`freeze-window: "${cron}" in ${timeZone} is no time: ${(error as Error).message}`);
    }
    return begin && begin <= now ? new Date(begin.getTime() + length) : undefined;
}

import { z } from "zod";
import type { Finding } from "../../components/traffic/judge/findings";

const part = z.object({
    service: z.string(),
    namespace: z.string().optional(),
    version: z.string(),
    from: z.number(),
    to: z.number(),
    allowed: z.number(),
});
const written = z.object({
    findings: z.array(
        z.object({
            code: z.enum([
                "raise",
                "fails",
                "new-code",
                "together",
                "switch-untested",
                "switch-pods",
                "stable-unserved",
                "stable-moved",
                "removal",
                "no-effect",
                "drift",
                "unreadable",
            ]),
            service: z.string(),
            namespace: z.string().optional(),
            services: z.array(z.string()).optional(),
            version: z.string().optional(),
            requests: z.string().optional(),
            from: z.number().optional(),
            to: z.number().optional(),
            limit: z.number().optional(),
            allowed: z.number().optional(),
            canSwitch: z.literal(true).optional(),
            parts: z.array(part).optional(),
            detail: z.string().optional(),
            fix: z.string().optional(),
        }),
    ),
});

/** The findings of lines as hooks write them. @throws when a line is none of theirs */
export function findingsIn(text: string): Finding[] {
    return text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .flatMap((line) => written.parse(JSON.parse(line)).findings satisfies Finding[]);
}

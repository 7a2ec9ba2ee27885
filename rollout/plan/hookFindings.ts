import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { z } from "zod";
import type { Finding } from "../../components/traffic/judge/findings";

/** Names the file in which the hooks of a run write what they have found, a line of JSON each. */
export const findingsVariable = "UPSHIFT_FINDINGS";

/** A file for the findings of one run. */
export interface FindingsFile {
    readonly path: string;
    /** What hooks have written, in their order. @throws when a line is none of theirs */
    read(): Finding[];
    remove(): void;
}

/** Makes an empty one, in a folder of its own that nobody else can read. */
export function findingsFile(): FindingsFile {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "upshift-findings-"));
    const file = path.join(folder, "findings.jsonl");
    fs.writeFileSync(file, "");
    return {
        path: file,
        read: () => findingsIn(fs.readFileSync(file, "utf8")),
        remove: () => fs.rmSync(folder, { recursive: true, force: true }),
    };
}

const part = z.object({
    service: z.string(),
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

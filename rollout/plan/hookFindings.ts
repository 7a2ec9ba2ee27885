import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Finding } from "../../components/traffic/judge/findings";

/** Names the file in which the hooks of a run write what they have found, a line of JSON each. */
export const findingsVariable = "UPSHIFT_FINDINGS";

/** A file for the findings of one run. */
export interface FindingsFile {
    readonly path: string;
    /** A folder of this run's own, in which it stands. */
    readonly folder: string;
    /** What hooks have written, in their order. @throws when a line is none of theirs */
    read(): Promise<Finding[]>;
    /** Makes it empty, for another run. */
    clear(): void;
    remove(): void;
}

/** Makes an empty one, in a folder of its own that nobody else can read. */
export function findingsFile(): FindingsFile {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "upshift-findings-"));
    const file = path.join(folder, "findings.jsonl");
    fs.writeFileSync(file, "");
    return {
        path: file,
        folder,
        read: async () => {
            const text = fs.readFileSync(file, "utf8");
            // Most runs find nothing, and have nothing to load for that.
            return text === "" ? [] : (await import("./writtenFindings")).findingsIn(text);
        },
        clear: () => fs.writeFileSync(file, ""),
        remove: () => fs.rmSync(folder, { recursive: true, force: true }),
    };
}

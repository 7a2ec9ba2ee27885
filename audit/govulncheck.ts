import * as path from "node:path";
import { z } from "zod";
import { projectRoot } from "../cluster/paths";
import { run } from "../cluster/setup/run";
import type { VulnerabilityDatabase } from "./database";

/** A known vulnerability of a module that a program is built of. */
export interface GoFinding {
    readonly id: string;
    readonly module: string;
    readonly version: string;
    /** The first version without it; undefined where there is none. */
    readonly fixed?: string;
    readonly summary: string;
}

const message = z.object({
    osv: z
        .object({
            id: z.string(),
            summary: z.string().default(""),
            affected: z.array(z.object({ package: z.object({ name: z.string() }) })),
        })
        .optional(),
    finding: z
        .object({
            osv: z.string(),
            fixed_version: z.string().optional(),
            trace: z.array(
                z.object({
                    module: z.string(),
                    version: z.string().optional(),
                }),
            ),
        })
        .optional(),
});

/**
 * What is known of the modules of a program that was built. Of programs without a symbol table, as these are, nobody knows which
 * functions they call: whatever is in them counts.
 *
 * @throws when it can't be read
 */
export async function findingsIn(binary: string, { url }: VulnerabilityDatabase): Promise<GoFinding[]> {
    const args = ["tool", "govulncheck", "-mode=binary", "-json", "-db", url, binary];
    return parsed(await run("go", args, { cwd: path.join(projectRoot(), "audit") }));
}

/** Reads what govulncheck prints as JSON: each entry once for each module. */
export function parsed(printed: string): GoFinding[] {
    const messages = objectsIn(printed).map((one) => message.parse(one));
    const entries = new Map(messages.flatMap(({ osv }) => (osv ? [[osv.id, osv] as const] : [])));
    const found = new Map<string, GoFinding>();
    for (const { finding } of messages) {
        const [at] = finding?.trace ?? [];
        if (!finding || !at) continue;
        const { osv: id, fixed_version: fixed } = finding;
        const { module, version = "" } = at;
        const entry = entries.get(id);
        // A package's path can begin with another module's, and then govulncheck takes now the one and now the other.
        if (!entry?.affected.some((one) => one.package.name === module)) continue;
        const { summary } = entry;
        found.set(`${id} ${module}`, { id, module, version, ...(fixed && { fixed }), summary });
    }
    return [...found.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** Objects that stand one after the other, each beginning on a line of its own. */
function objectsIn(printed: string): unknown[] {
    return printed
        .split(/^(?=\{$)/m)
        .filter((one) => one.trim() !== "")
        .map((one) => JSON.parse(one) as unknown);
}

import * as fs from "node:fs";
import { parseArgs } from "node:util";
import { madePath } from "../cluster/tools/tools";
import { audited } from "./audited";
import { vulnerabilityDatabase } from "./database";
import { explanations, type Found, type Verdict, verdictOn } from "./explained";
import { findingsIn } from "./govulncheck";
import { lockProblems } from "./npmLock";
import { UserError } from "../components/userError";

/**
 * `npm run audit [-- --db latest] [--json]`: what is known of the modules that our Go programs and the embedded cluster's are built
 * of, and of the npm lock. Exit code 1 where something is not explained in explained.yaml, 2 where it could not be asked.
 */
async function main(): Promise<void> {
    const { values } = parseArgs({ options: { db: { type: "string" }, json: { type: "boolean" } } });
    const [database, found, npm] = await audit(values.db);
    const verdict = verdictOn(found, explanations());
    if (values.json) console.log(JSON.stringify({ database, ...verdict, npm }, undefined, 2));
    else console.log([...inWords(verdict, database), ...npm.said].join("\n"));
    const isWell = verdict.unexplained.length === 0 && verdict.stale.length === 0 && npm.problems.length === 0;
    process.exitCode = isWell ? 0 : 1;
}

async function audit(version?: string): Promise<[string, Found[], Awaited<ReturnType<typeof lockProblems>>]> {
    const missing = audited.filter((tool) => !fs.existsSync(madePath(tool))).map(({ name }) => name);
    if (missing.length > 0)
        throw new UserError({
            what: `${missing.join(", ")} are not built yet.`,
            fix: "npx upshift setup --for-tests",
        });
    const database = await vulnerabilityDatabase(version);
    const found = new Map<string, Found>();
    for (const tool of audited) {
        process.stderr.write(`${tool.name} …\n`);
        for (const one of await findingsIn(madePath(tool), database)) {
            // Two programs may have two versions of a module: each is a line of its own.
            const key = `${one.id} ${one.module} ${one.version}`;
            found.set(key, { ...one, programs: [...(found.get(key)?.programs ?? []), tool.name] });
        }
    }
    return [database.version, [...found.values()], await lockProblems()];
}

function inWords({ explained, unexplained, stale }: Verdict, database: string): string[] {
    const line = ({ id, module, version, fixed, programs, summary }: Found): string =>
        `  ${id}  ${module} ${version}${fixed === undefined ? "" : `, fixed in ${fixed}`}  (${programs.join(", ")}): ${summary}`;
    return [
        `Go's vulnerability database ${database}`,
        ...explained.flatMap(({ explanation, found }) => [
            "",
            `${explanation.module}: ${explanation.why}`,
            ...found.map(line),
        ]),
        ...(unexplained.length > 0
            ? [
                  "",
                  "NOT explained (fix: raise the module, or say in audit/explained.yaml why it stays):",
                  ...unexplained.map(line),
              ]
            : ["", "Every finding is explained."]),
        ...stale.map(
            ({ module, id }) => `${id} of ${module} is found no more.\n  fix: take it out of audit/explained.yaml`,
        ),
    ];
}

main().catch((error: Error) => {
    console.error(`audit: ${error.message}`);
    process.exitCode = 2;
});

import * as fs from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { stateDir } from "../cluster/paths";
import { run } from "../cluster/setup/run";
import { UserError } from "../components/userError";

/** The Go team's vulnerability database as a Go module, which any module proxy has: nothing else is asked for it. */
const database = {
    module: "golang.org/x/vulndb",
    version: "v0.0.0-20261105234957-e22db6528018",
    sum: "h1:mfngRv0Yoh0VApsXKEN82CjD99kl7mtparN3bs3JnqI=",
} as const;

const downloaded = z.object({ Version: z.string(), Dir: z.string(), Sum: z.string() });
const entry = z.looseObject({
    id: z.string(),
    affected: z.array(
        z.object({
            package: z.object({ name: z.string() }),
            ranges: z
                .array(z.object({ events: z.array(z.object({ fixed: z.string().optional() })).default([]) }))
                .default([]),
        }),
    ),
});

/** A database as govulncheck reads it. */
export interface VulnerabilityDatabase {
    readonly url: string;
    /** Its module's version, which has its date. */
    readonly version: string;
}

/**
 * Fetches the database and lays it out as govulncheck's `-db` takes it.
 *
 * @param version another than the pinned one, such as `latest`.
 * @throws when it can't be had, or the pinned one is not what it was.
 */
export async function vulnerabilityDatabase(version: string = database.version): Promise<VulnerabilityDatabase> {
    const printed = await run("go", ["mod", "download", "-json", `${database.module}@${version}`], { cwd: stateDir() });
    const { Version, Dir, Sum } = downloaded.parse(JSON.parse(printed));
    if (version === database.version && Sum !== database.sum)
        throw new UserError({
            what: `${database.module}@${version} has the checksum ${Sum}, and not ${database.sum}.`,
            fix: "see who serves it: go env GOPROXY",
        });
    const folder = stateDir("audit", Version);
    if (!fs.existsSync(path.join(folder, "index", "db.json"))) layOut(path.join(Dir, "data", "osv"), folder);
    return { url: pathToFileURL(folder).href, version: Version };
}

/** Every entry by its name, and an index by module: https://go.dev/doc/security/vuln/database. */
function layOut(from: string, folder: string): void {
    const modules = new Map<string, { id: string; modified: string; fixed?: string }[]>();
    const modified = new Date(0).toISOString();
    fs.mkdirSync(path.join(folder, "ID"), { recursive: true });
    fs.mkdirSync(path.join(folder, "index"), { recursive: true });
    for (const file of fs.readdirSync(from).filter((name) => name.endsWith(".json"))) {
        const text = fs.readFileSync(path.join(from, file), "utf8");
        const { id, affected } = entry.parse(JSON.parse(text));
        fs.writeFileSync(path.join(folder, "ID", `${id}.json`), text);
        for (const { package: one, ranges } of affected) {
            const fixed = ranges.flatMap(({ events }) => events.flatMap((event) => event.fixed ?? [])).at(-1);
            const known = modules.get(one.name) ?? [];
            if (!known.some((other) => other.id === id)) known.push({ id, modified, ...(fixed && { fixed }) });
            modules.set(one.name, known);
        }
    }
    const index = [...modules].map(([name, vulns]) => ({ path: name, vulns }));
    fs.writeFileSync(path.join(folder, "index", "modules.json"), JSON.stringify(index));
    // The last of them: with it, all is there.
    fs.writeFileSync(path.join(folder, "index", "db.json"), JSON.stringify({ modified }));
}

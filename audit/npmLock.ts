import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { projectRoot } from "../cluster/paths";

const execute = promisify(execFile);

const lock = z.object({
    packages: z.record(
        z.string(),
        z.object({
            version: z.string().optional(),
            integrity: z.string().optional(),
            link: z.boolean().optional(),
            deprecated: z.string().optional(),
        }),
    ),
});
const report = z.object({
    vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string().default("") })),
});

/** What the npm lock says of its packages, and the registry. */
export interface LockReport {
    readonly problems: readonly string[];
    readonly said: readonly string[];
}

/**
 * Audits the npm lock: every package has a checksum, none is deprecated, and the registry knows
 * of no vulnerability. Where the registry has no such endpoint, that is said: it is no finding, and no all-clear.
 */
export async function lockProblems(): Promise<LockReport> {
    const text = fs.readFileSync(path.join(projectRoot(), "package-lock.json"), "utf8");
    const packages = Object.entries(lock.parse(JSON.parse(text)).packages).filter(([name]) => name !== "");
    const unchecked = packages.filter(([, { integrity, link }]) => !integrity && !link).map(([name]) => name);
    const deprecated = packages.filter(([, one]) => one.deprecated !== undefined);
    const asked = await askRegistry();
    const problems = [
        ...unchecked.map((name) => `${name} has no checksum in package-lock.json`),
        ...deprecated.map(([name, one]) => `${plain(name)} ${one.version} is deprecated: ${one.deprecated}`),
        ...asked.problems,
    ];
    return {
        problems,
        said: [
            "",
            `npm: ${packages.length} packages in the lock, ${packages.length - unchecked.length} with a checksum`,
            ...asked.said,
            ...problems.map((one) => `  NOT explained: ${one}`),
        ],
    };
}

async function askRegistry(): Promise<LockReport> {
    const inRoot = { cwd: projectRoot(), timeout: 120_000, maxBuffer: 1 << 26 };
    // It ends with 1 where it has findings, too.
    const { stdout } = await execute("npm", ["audit", "--json", "--package-lock-only"], inRoot).catch(
        (error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }),
    );
    const read = safely(stdout);
    if (!read)
        return { problems: [], said: ["  known vulnerabilities: NOT ASKED, this registry has no audit endpoint"] };
    const found = Object.entries(read.vulnerabilities).map(
        ([name, { severity, range }]) => `${name} ${range}: ${severity}`,
    );
    return { problems: found, said: [`  known vulnerabilities by the registry: ${found.length}`] };
}

function safely(text: string): z.infer<typeof report> | undefined {
    try {
        return report.safeParse(JSON.parse(text)).data;
    } catch {
        return undefined;
    }
}

function plain(name: string): string {
    return name.slice(name.lastIndexOf("node_modules/") + "node_modules/".length);
}

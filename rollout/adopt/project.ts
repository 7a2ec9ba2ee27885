import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { parse } from "yaml";
import { devDependencies, version } from "../../package.json";
import { UserError } from "../../components/userError";
import type { FreshVersions } from "./program";

/** The Pulumi project that a program is written into. */
export interface Project {
    readonly name: string;
    /** Whether there is none yet. */
    readonly isFresh: boolean;
    /** The version of @pulumi/kubernetes that it has, or would begin with. */
    readonly kubernetesVersion: string;
}

/** The versions of packages that it begins with. */
export function versionsFor({ kubernetesVersion }: Project): FreshVersions {
    return {
        kubernetes: kubernetesVersion,
        policy: devDependencies["@pulumi/policy"],
        pulumi: devDependencies["@pulumi/pulumi"],
        upshift: version,
    };
}

/**
 * What is known of the project in a folder.
 *
 * @param option names another folder on the command line: `--write FOLDER`.
 * @throws when its programs are in another language
 */
export function projectAt(folder: string, option: string): Project {
    const file = path.join(folder, "Pulumi.yaml");
    const ours = devDependencies["@pulumi/kubernetes"];
    if (!fs.existsSync(file)) return { name: nameFrom(path.basename(folder)), isFresh: true, kubernetesVersion: ours };
    const { name, runtime } = parse(fs.readFileSync(file, "utf8")) as {
        name: string;
        runtime: string | { name: string };
    };
    const language = typeof runtime === "string" ? runtime : runtime.name;
    if (language !== "nodejs")
        throw new UserError({
            what: `${file}: the project's language is ${language}, and the program is TypeScript.`,
            fix: `name a folder for a project of its own: ${option}`,
        });
    return { name, isFresh: false, kubernetesVersion: installedVersion(folder) ?? ours };
}

function installedVersion(folder: string): string | undefined {
    try {
        const found = createRequire(path.join(folder, "index.js")).resolve("@pulumi/kubernetes/package.json");
        return (JSON.parse(fs.readFileSync(found, "utf8")) as { version: string }).version;
    } catch {
        return undefined;
    }
}

function nameFrom(folder: string): string {
    return folder.replace(/[^A-Za-z0-9_.-]+/g, "-").replace(/^-+|-+$/g, "") || "adopted";
}

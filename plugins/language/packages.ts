import * as fs from "node:fs";
import * as path from "node:path";
import { DependencyInfo } from "@pulumi/pulumi/proto/language_pb";
import { PackageDependency, PackageParameterization } from "@pulumi/pulumi/proto/plugin_pb";

/** What a package.json says that matters to Pulumi. */
interface Manifest {
    readonly name?: string;
    readonly version?: string;
    readonly pulumi?: {
        readonly resource?: boolean;
        readonly name?: string;
        readonly version?: string;
        readonly server?: string;
        readonly parameterization?: { readonly name: string; readonly version: string; readonly value: string };
    };
}

/** The part of package-lock.json (versions 2 and 3) read here. */
interface Lock {
    readonly packages?: Readonly<
        Record<
            string,
            {
                readonly version?: string;
                readonly dependencies?: Readonly<Record<string, string>>;
                readonly devDependencies?: Readonly<Record<string, string>>;
            }
        >
    >;
}

/** The resource plugins that the installed packages of a program need: those whose package.json says `pulumi.resource`. */
export function requiredPackages(programDirectory: string): PackageDependency[] {
    return installed(programDirectory).flatMap((manifest) => {
        const { pulumi } = manifest;
        const name = pulumi?.name ?? manifest.name?.match(/^@pulumi\/(.+)$/)?.[1];
        const version = pulumi?.version ?? manifest.version;
        if (!pulumi?.resource || !name || !version) return [];
        const dependency = new PackageDependency()
            .setName(name)
            .setKind("resource")
            .setVersion(version.startsWith("v") ? version : `v${version}`)
            .setServer(pulumi.server ?? "");
        if (!pulumi.parameterization) return [dependency];
        const { name: base, version: baseVersion, value } = pulumi.parameterization;
        const parameterization = new PackageParameterization().setName(base).setVersion(baseVersion).setValue(value);
        return [dependency.setParameterization(parameterization)];
    });
}

/**
 * The packages that a program depends on, with the versions of its package-lock.json, sorted by name.
 *
 * @param transitive also those that its dependencies brought.
 */
export function programDependencies(programDirectory: string, transitive: boolean): DependencyInfo[] {
    const file = path.join(programDirectory, "package-lock.json");
    if (!fs.existsSync(file)) throw new Error(`${file} is missing: run npm install there.`);
    const packages = (JSON.parse(fs.readFileSync(file, "utf8")) as Lock).packages ?? {};
    const direct = new Set(Object.keys({ ...packages[""]?.dependencies, ...packages[""]?.devDependencies }));
    return Object.entries(packages)
        .filter(([place]) => place !== "" && (transitive || direct.has(place.replace(/^node_modules\//, ""))))
        .map(([place, { version = "" }]) =>
            new DependencyInfo().setName(place.split("node_modules/").at(-1) ?? place).setVersion(version),
        )
        .sort((a, b) => (a.getName() < b.getName() ? -1 : 1));
}

/** The manifests of all packages in a folder's node_modules and in theirs. Links are not followed, so it ends. */
function installed(folder: string): Manifest[] {
    return foldersIn(path.join(folder, "node_modules"))
        .flatMap((dir) => (path.basename(dir).startsWith("@") ? foldersIn(dir) : [dir]))
        .flatMap((dir) => [manifestOf(dir), ...installed(dir)])
        .filter((manifest) => manifest !== undefined);
}

function foldersIn(folder: string): string[] {
    if (!fs.existsSync(folder)) return [];
    return fs
        .readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
        .map((entry) => path.join(folder, entry.name));
}

/** A package's manifest, where it says something to Pulumi; undefined also for a broken one, which only its own user can fix. */
function manifestOf(folder: string): Manifest | undefined {
    try {
        const text = fs.readFileSync(path.join(folder, "package.json"), "utf8");
        // To parse those of hundreds of packages would take as long as all else.
        return text.includes('"pulumi"') ? (JSON.parse(text) as Manifest) : undefined;
    } catch {
        return undefined;
    }
}

import * as fs from "node:fs";
import * as path from "node:path";
import { isFurnished } from "../cluster/paths";
import { officialKubernetes } from "../cluster/tools/manifest";
import { onPath } from "../cluster/tools/onPath";
import {
    installedProvider,
    usersPulumiHome,
    usesBuiltKubernetes,
    wanted,
    type ProviderName,
} from "../cluster/tools/providers";
import { toolIfThere, toolNamed, toolPath, usersOwn } from "../cluster/tools/tools";
import type { Found, FoundProvider } from "./choose";

/** Looks for Pulumi's own CLI and plugins on this machine. Changes nothing. */
export function findPulumi(): Found & {
    readonly cliPath?: string | undefined;
    readonly yamlHost?: string | undefined;
} {
    const own = usersOwn(toolNamed("pulumi"));
    const cliPath = own ?? toolIfThere("pulumi");
    return {
        cli: own ? "own" : cliPath ? "built" : "none",
        cliPath,
        yamlHost: toolIfThere("pulumi-language-yaml"),
        languageHost: own !== undefined && hasLanguageHost(own),
        providers: { kubernetes: findKubernetes(), random: findProvider("random") },
    };
}

/** @throws where this checkout uses the one that set-up builds, and it is not there. */
function findKubernetes(): FoundProvider {
    const found = findProvider("kubernetes");
    if (!usesBuiltKubernetes() || found.onPath || found.installed.includes(found.wanted)) return found;
    return { ...found, built: toolPath(officialKubernetes.name) };
}

function findProvider(name: ProviderName): FoundProvider {
    const installed = versionsIn(`resource-${name}`).filter((version) =>
        fs.existsSync(installedProvider(usersPulumiHome(), name, version)),
    );
    return { wanted: wanted[name], installed, onPath: notOurs(`pulumi-resource-${name}`) !== undefined };
}

function hasLanguageHost(cli: string): boolean {
    const beside = path.join(path.dirname(fs.realpathSync(cli)), "pulumi-language-nodejs");
    return (
        fs.existsSync(beside) ||
        notOurs("pulumi-language-nodejs") !== undefined ||
        versionsIn("language-nodejs").length > 0
    );
}

function versionsIn(plugin: string): string[] {
    const folder = path.join(usersPulumiHome(), "plugins");
    if (!fs.existsSync(folder)) return [];
    return fs
        .readdirSync(folder)
        .flatMap((name) => (name.startsWith(`${plugin}-v`) ? [name.slice(plugin.length + 2)] : []));
}

function notOurs(program: string): string | undefined {
    return onPath(program, (file) => !isFurnished(file));
}

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { version as kubernetesVersion } from "@pulumi/kubernetes/package.json";
import { version as randomVersion } from "@pulumi/random/package.json";
import { isFurnished, stateDir } from "../paths";
import { writeWhole } from "../wholeFile.mjs";

/** Pulumi's own providers that the program uses. */
export const providers = ["kubernetes", "random"] as const;
export type ProviderName = (typeof providers)[number];

/** The version of each provider that the program asks for: that of its npm package. */
export const wanted: Readonly<Record<ProviderName, string>> = { kubernetes: kubernetesVersion, random: randomVersion };

/** The user's PULUMI_HOME. In a shell that has a checkout's environment, the variable names that checkout's instead. */
export function usersPulumiHome(): string {
    const { PULUMI_HOME } = process.env;
    return PULUMI_HOME && !isFurnished(PULUMI_HOME) ? PULUMI_HOME : path.join(os.homedir(), ".pulumi");
}

/** Where `pulumi plugin install` puts a provider; the file need not be there. */
export function installedProvider(home: string, name: ProviderName, version = wanted[name]): string {
    return path.join(home, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`);
}

/**
 * Whether the official Kubernetes provider is used that set-up builds: as this checkout was told last, or for one command as
 * UPSHIFT_OFFICIAL_KUBERNETES says (`true` or `false`).
 */
export function usesBuiltKubernetes(file = choiceFile()): boolean {
    const { UPSHIFT_OFFICIAL_KUBERNETES: said } = process.env;
    return said ? said === "true" : fs.existsSync(file);
}

/** Tells this checkout which provider to use from now on. */
export function useBuiltKubernetes(use: boolean, file = choiceFile()): void {
    if (use) writeWhole(file, choiceText, { readableBy: "all" });
    else fs.rmSync(file, { force: true });
}

const choiceFile = (): string => stateDir("official-kubernetes");

const choiceText = `While this file is here, this checkout uses the official Kubernetes provider that set-up has built. Back to its own:
npx upshift setup --no-official-kubernetes
`;

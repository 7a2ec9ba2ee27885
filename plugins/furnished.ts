import * as path from "node:path";
import { onPath } from "../cluster/tools/onPath";
import { installedProvider, providers } from "../cluster/tools/providers";
import { isWrapper } from "./furnish";

/** The embedded plugins that Pulumi starts in an environment: programs by what they are called there. */
export interface Furnished {
    /** Undefined where programs run by an official host. */
    readonly languageHost: string | undefined;
    readonly providers: ReadonlyMap<string, string>;
}

/**
 * Looks where Pulumi would find its plugins, whichever checkout has put them there: an installed package works with those of the shell
 * that it is called in.
 */
export function furnished({ PATH = "", PULUMI_HOME: home }: NodeJS.ProcessEnv): Furnished {
    const cli = onPath("pulumi", undefined, PATH);
    // Beside itself the CLI looks first.
    const host = cli && path.join(path.dirname(cli), "pulumi-language-nodejs");
    const placed = home === undefined ? [] : providers.map((name) => [name, installedProvider(home, name)] as const);
    return {
        languageHost: host && isWrapper(host) ? host : undefined,
        providers: new Map(placed.filter(([, file]) => isWrapper(file))),
    };
}

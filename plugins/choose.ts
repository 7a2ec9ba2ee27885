import type { ProviderName } from "../cluster/tools/providers";

/** Whose a part is: Pulumi's own, or this project's. */
export type Source = "official" | "embedded";

/** What of Pulumi's own installation is on the machine. */
export interface Found {
    /** The CLI: the user's own in a fitting version, else the one that set-up built, else none. */
    readonly cli: "own" | "built" | "none";
    /** Whether the user's installation brings a nodejs language host. */
    readonly languageHost: boolean;
    readonly providers: Readonly<Record<ProviderName, FoundProvider>>;
}

/** What there is of an official provider. */
export interface FoundProvider {
    /** The version that the npm package asks for; the CLI takes no other from the installed ones. */
    readonly wanted: string;
    /** The versions that `pulumi plugin install` has put into place. */
    readonly installed: readonly string[];
    /** Whether one is on PATH, whose version the CLI does not look at. */
    readonly onPath: boolean;
    /** The one that set-up has built, where this checkout uses it. */
    readonly built?: string | undefined;
}

/** Which parts to use. */
export interface Choice {
    readonly languageHost: Source;
    readonly providers: Readonly<Record<ProviderName, Source>>;
}

/**
 * Chooses what is official wherever the CLI would find it. A language host goes with the CLI it came with: beside one that
 * set-up built, only the embedded host is sure to speak the same protocol.
 */
export function choose(found: Found): Choice {
    const provider = ({ onPath, installed, wanted, built }: FoundProvider): Source =>
        onPath || installed.includes(wanted) || built !== undefined ? "official" : "embedded";
    return {
        languageHost: found.cli === "own" && found.languageHost ? "official" : "embedded",
        providers: { kubernetes: provider(found.providers.kubernetes), random: provider(found.providers.random) },
    };
}

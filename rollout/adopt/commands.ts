import { shellWord } from "../../components/shellWord";
import type { Converted } from "./adoption";

/** Where the commands are run. */
export interface CommandPlace {
    readonly folder: string;
    readonly stack: string;
    /** A file in that folder, by its name there: Pulumi looks from where `--cwd` leads. */
    readonly importFile: string;
    /** A file in that folder, by its path from here. */
    readonly podsFile: string;
    /** Whether the project is new, and has no packages yet. */
    readonly isFresh: boolean;
    /** The kubeconfig that was named, where it is not the usual one. */
    readonly kubeconfig?: string | undefined;
    /** What the program of an existing project has to import, as it names it. */
    readonly module: string;
}

/** What follows when the files are written, in order: the first update moves nobody, and makes the stack the only owner. */
export function commandsFor({ imports, handOver }: Converted, place: CommandPlace): string[] {
    const { folder, stack, importFile, podsFile, isFresh, module } = place;
    const at = folder === "." ? "" : ` --cwd ${shellWord(folder)}`;
    // What others have written is taken over in this one update: afterwards nobody else has a field of it.
    const take = imports.length > 0 ? "PULUMI_K8S_ENABLE_PATCH_FORCE=true " : "";
    return [
        ...(place.kubeconfig === undefined ? [] : [`export KUBECONFIG=${shellWord(place.kubeconfig)}`]),
        ...(isFresh
            ? [`npm install${folder === "." ? "" : ` --prefix ${shellWord(folder)}`}`]
            : [`# the program has: import "${module}";`]),
        ...(handOver?.release ?? []),
        ...(handOver && handOver.workloads.length > 0 ? [`kubectl apply -f ${shellWord(podsFile)}`] : []),
        ...(handOver?.before ?? []),
        `pulumi stack select --create ${stack}${at}`,
        ...(imports.length > 0
            ? [`pulumi import --file ${importFile} --generate-code=false --protect=false --yes --stack ${stack}${at}`]
            : []),
        `${take}pulumi preview --diff --stack ${stack}${at}`,
        `${take}pulumi up --stack ${stack}${at}`,
        ...(handOver?.after ?? []),
    ];
}

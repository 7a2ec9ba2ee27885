import { compare, pathText, prune, type Path } from "./compare";
import { forcesReplacement, type Mutability } from "./immutable";
import { normalize } from "./normalize";
import { idOf, isAnnotated, kindOf, nameOf, namespaceOf, withMember, withoutMember, type Kind } from "./objects";
import { parseState } from "./state";
import { isObject, plain, type Properties, type Value } from "./values";

/** How one property changes, in the words of Pulumi's protocol. */
export type Change = "ADD" | "ADD_REPLACE" | "DELETE" | "DELETE_REPLACE" | "UPDATE" | "UPDATE_REPLACE";

/** What an update would change. Nothing in `detailed` means that there is nothing to do. */
export interface Diff {
    detailed: Record<string, { kind: Change; inputDiff: boolean }>;
    replaces: string[];
    deleteBeforeReplace: boolean;
}

export interface DiffOptions {
    mutable: Mutability;
    /** A patch resource owns only the fields it names: it is replaced when it moves to another object, and never else. */
    isPatch: boolean;
    ignoreChanges: readonly string[];
    isNamespaced: (kind: Kind) => Promise<boolean>;
}

/**
 * Compares what the program wants with what was there when the state was written.
 *
 * The old side is the live object, cut down to the members that the old inputs had: an edit by others that a refresh has seen is
 * a change, and what the API server or controllers have added is not.
 */
export async function diff(olds: Properties, news: Properties, options: DiffOptions): Promise<Diff> {
    const { inputs, live } = parseState(olds);
    const wanted = normalize(plain(news));
    const [before, after] = alike(
        prune(live, normalize(inputs)),
        live,
        wanted,
        await options.isNamespaced(kindOf(wanted)),
    );
    const changes = compare(before, after, []).filter(
        ({ path }) => !options.ignoreChanges.some((ignored) => covers(ignored, pathText(path))),
    );
    const detailed: Diff["detailed"] = {};
    for (const { path, kind, value } of changes) {
        const replaces = options.isPatch
            ? isIdentity(path, value)
            : forcesReplacement(after, path, value, options.mutable);
        detailed[pathText(path)] = { kind: replaces ? `${kind}_REPLACE` : kind, inputDiff: kind === "DELETE" };
    }
    const replaces = Object.keys(detailed).filter(
        (path) =>
            detailed[path]?.kind.endsWith("_REPLACE") || (path === "metadata" && detailed[path]?.kind === "DELETE"),
    );
    return { detailed, replaces, deleteBeforeReplace: replaces.length > 0 && keepsItsName(after, live) };
}

/** The old object has to go first when the new one takes its name; one with a name of Pulumi's own gets a new one instead. */
function keepsItsName(after: Properties, live: Properties): boolean {
    return nameOf(after) !== "" && !isAnnotated(after, "pulumi.com/autonamed") && idOf(after) === idOf(live);
}

/** Makes the two sides agree on what is written in one and understood in the other: the namespace, the name, the version. */
function alike(
    pruned: Properties,
    live: Properties,
    wanted: Properties,
    isNamespaced: boolean,
): [before: Properties, after: Properties] {
    let before = withoutMember(pruned, ["metadata", "resourceVersion"]);
    let after = wanted;
    if (isNamespaced) {
        before = withMember(before, ["metadata", "namespace"], namespaceOf(before) || "default");
        after = withMember(after, ["metadata", "namespace"], namespaceOf(after) || "default");
    } else {
        before = withoutMember(before, ["metadata", "namespace"]);
        after = withoutMember(after, ["metadata", "namespace"]);
    }
    if (!before.apiVersion && !before.kind) before = { ...before, ...kindOf(wanted) };
    return [nameOf(after) ? withMember(before, ["metadata", "name"], nameOf(live)) : before, after];
}

function covers(ignored: string, path: string): boolean {
    const pattern = ignored
        .replaceAll(/[.+?^${}()|\\[\]]/g, "\\$&")
        .replaceAll("\\[\\*\\]", "\\[\\d+\\]")
        .replaceAll("*", "[^.]+");
    return new RegExp(`^${pattern}($|[.[])`).test(path);
}

function isIdentity(path: Path, value: Value): boolean {
    const touched = pathText(path);
    return (
        touched === "metadata.name" ||
        touched === "metadata.namespace" ||
        (touched === "metadata" && isObject(value) && ("name" in value || "namespace" in value))
    );
}

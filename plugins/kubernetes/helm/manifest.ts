import { groupOf, namespaceOf, nameOf, stringAt } from "../objects";
import { isObject, type Value } from "../values";

type Read = (yaml: string) => Value[];

/**
 * The objects of a release's manifest, by `Kind.group/version`.
 *
 * Istio's definitions of kinds are a megabyte of YAML, and to read that takes a second. Which object it is says a document in a few
 * lines, and only those are read.
 */
export async function resourceNames(manifest: string): Promise<Record<string, string[]>> {
    const { parseAllDocuments } = await import("yaml");
    const read: Read = (yaml) => parseAllDocuments(yaml).map((document) => document.toJS() as Value);
    const names = new Map<string, Set<string>>();
    for (const object of manifest.split(documentStart).flatMap((document) => objectsIn(document, read))) {
        if (!isObject(object) || !object.kind) continue;
        const apiVersion = stringAt(object, "apiVersion");
        const key = `${[stringAt(object, "kind"), groupOf(apiVersion)].filter(Boolean).join(".")}/${apiVersion}`;
        const name = [namespaceOf(object), nameOf(object)].filter(Boolean).join("/");
        names.set(key, (names.get(key) ?? new Set()).add(name));
    }
    return Object.fromEntries([...names].map(([key, set]) => [key, [...set].sort()]));
}

function objectsIn(document: string, read: Read): Value[] {
    try {
        return read(identityOf(document));
    } catch {
        // What says which object it is refers (`*name`) to what was left out.
        return read(document);
    }
}

/** YAML takes this for the start of a document wherever it stands, in a text too. */
const documentStart = /^---(?=\s|$)/m;
/** What stands at the beginning of a line and is neither a comment nor an item of a list. */
const member = /^[^\s#-].*$/gm;
const memberName = /^["']?([\w.-]+)["']?[ \t]*:(?=\s|$)/;
const identifying = ["apiVersion", "kind", "metadata"];

/** A document without those members that don't say which object it is: all else of a member than its name is indented. */
function identityOf(document: string): string {
    const members = [...document.matchAll(member)].map(({ 0: line, index }) => ({
        name: memberName.exec(line)?.[1],
        index,
    }));
    // JSON, say, or indented as a whole.
    if (members.length === 0 || members.some(({ name }) => name === undefined)) return document;
    const texts = members.map(({ index }, at) => document.slice(index, members[at + 1]?.index));
    return texts.filter((_, at) => identifying.includes(members[at]?.name ?? "")).join("");
}

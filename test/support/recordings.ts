import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { objectsAt, stringAt } from "../../plugins/kubernetes/objects";
import { isObject, mapObject, type Properties } from "../../plugins/kubernetes/values";

/** A call of the engine, and what the official provider answered. Of a call that failed, `errors` has the text. */
export interface Recorded {
    method: string;
    request: Properties;
    response?: Properties;
    errors?: string[];
}

/** All calls of one Pulumi operation, in order. */
export interface Recording {
    /** `05-preview-weights` */
    name: string;
    calls: Recorded[];
    /** The reasons that the CLI printed for a resource that failed. */
    reasons: string[];
}

/** The recordings that lie beside the project, in the order in which they were made; undefined when there are none. */
export function recordings(): Recording[] | undefined {
    const folder = path.resolve(projectRoot(), "../shared/official-provider");
    if (!fs.existsSync(folder)) return undefined;
    const read = (file: string): string => fs.readFileSync(path.join(folder, file), "utf8");
    const names = fs.readdirSync(folder).flatMap((file) => /^(.*)\.jsonl$/.exec(file)?.[1] ?? []);
    return names.sort().map((name) => ({
        name,
        calls: read(`${name}.jsonl`)
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Recorded),
        reasons: printedReasons(read(`${name}.txt`)),
    }));
}

/** The CLI prints them as a list that ends with an empty line; the first error of an operation is all that is there. */
function printedReasons(printed: string): string[] {
    const list = /errors? occurred:\n(\t\* .*?)\n\n/s.exec(printed.replace(/^ {4}/gm, ""));
    return list?.[1]?.split(/^\t\* /m).flatMap((reason) => reason.trimEnd() || []) ?? [];
}

/**
 * What chance and the API server have named in the recordings, and what that is called now: uids, field managers, addresses. As
 * these come back in later calls, they are the same thing there too: an answer with another one is wrong.
 */
export class Names {
    private readonly now = new Map<string, string>();

    /** Takes the names of a recorded object to be those of an object made now. Names that are known already stay. */
    learn(recorded: Properties, made: Properties): void {
        for (const [member, form] of named) {
            const [then, now] = [stringAt(recorded, ...member), stringAt(made, ...member)];
            if (form.test(then) && form.test(now) && !this.now.has(then)) this.now.set(then, now);
        }
    }

    /** Says with today's names what was recorded. */
    translate<T>(recorded: T): T {
        if (!this.now.size) return recorded;
        const names = new RegExp([...this.now.keys()].map((name) => name.replaceAll(".", "\\.")).join("|"), "g");
        return JSON.parse(JSON.stringify(recorded).replace(names, (name) => this.now.get(name) ?? name)) as T;
    }
}

const named: readonly (readonly [string[], RegExp])[] = [
    [["metadata", "uid"], /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
    [["__fieldManager"], /^pulumi-kubernetes-[0-9a-f]{8}$/],
    [["spec", "clusterIP"], /^10\.96(\.\d{1,3}){2}$/],
];

/**
 * A resource's state without what the API server and its controllers set as time goes by: times, versions, the status and who
 * wrote it. That these are there is kept; names that they chose are the business of `Names`.
 */
export function withoutServerSet(state: Properties): Properties {
    if (!isObject(state.metadata)) return state;
    const metadata = mapObject(state.metadata, (value, key) =>
        key === "creationTimestamp" || key === "resourceVersion" ? serverSet : value,
    );
    const owners = objectsAt(metadata, "managedFields")
        .filter(({ subresource }) => subresource !== "status")
        .map((owner) => ({ ...owner, time: serverSet }));
    return {
        ...state,
        metadata: { ...metadata, ...(metadata.managedFields && { managedFields: owners }) },
        ...(state.status && { status: serverSet }),
    };
}

/** A text without the random ends of pods' names. */
export function withoutPodNames(text: string): string {
    return text.replace(/(\[Pod \S+)-[a-z0-9]{5}\]/g, `$1-${serverSet}]`);
}

const serverSet = "(server-set)";

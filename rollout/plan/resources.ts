import { createHash } from "node:crypto";
import { type Change, newOf, oldOf, type ResourceState } from "./events";
import { differences, inShort } from "./fields";
import type { CreatedResource, PodChange, ResourceChange } from "./model";
import { secret, unknown, withoutPaths } from "./plainValues";
import { quiet } from "./worlds";

/**
 * What happens to which resources; what stays is left out.
 *
 * @param folder the project's, whose files may be named. Default: this project's.
 */
export function resourceChanges(changes: readonly Change[], folder?: string): ResourceChange[] {
    const told = changes.filter(({ op }) => !quiet.includes(op));
    const nameOf = namesOf(told);
    return told.map((change) => {
        const isDifference = change.op === "update" || change.op === "replace";
        const next = newOf(change);
        return {
            op: change.op,
            resource: nameOf(change),
            fields: isDifference ? fieldsOf(change) : [],
            ...(!isDifference && next && { created: createdOf(change.type, next, folder) }),
        };
    });
}

/** `Deployment web`; of two of that name which one, too: they come in another order at each run, and would be taken for each other. */
function namesOf(changes: readonly Change[]): (change: Change) => string {
    const short = ({ type, name }: Change): string => `${kindOf(type)} ${name}`;
    const seen = new Set<string>();
    const shared = new Set(changes.map(short).filter((name) => seen.size === seen.add(name).size));
    return (change) => (shared.has(short(change)) ? `${short(change)} (${typesIn(change.urn)})` : short(change));
}

/** The types of a resource and of those that it is part of: with its name they tell it from all others of a stack. */
function typesIn(urn: string): string {
    return urn.split("::")[2] ?? urn;
}

/** How many resources, by what happens to them. */
export function countsOf(changes: readonly Change[]): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { op } of changes) if (op !== "read" && op !== "refresh") counts[op] = (counts[op] ?? 0) + 1;
    return counts;
}

/** The pods that start, stop or are replaced. */
export function podChanges(changes: readonly Change[]): PodChange[] {
    return changes
        .filter(({ type, op }) => type.endsWith(":Deployment") && !quiet.includes(op))
        .flatMap((change) => {
            const [old, next] = [oldOf(change), newOf(change)].map(
                (state) => state?.inputs as DeploymentInputs | undefined,
            );
            const [from, to] = [old, next].map((inputs) => (inputs ? (inputs.spec?.replicas ?? 1) : 0)) as [
                number,
                number,
            ];
            const changed = old && next ? differences(old.spec?.template, next.spec?.template) : [];
            const because = changed
                .map(({ path, from, to }) => `${path.split(".").at(-1)} ${inShort(from, 40)} → ${inShort(to, 40)}`)
                .join(", ");
            if (from === to && changed.length === 0) return [];
            return [
                { deployment: change.name, from, to, restarts: changed.length > 0, ...(because ? { because } : {}) },
            ];
        });
}

/** `kubernetes:networking.istio.io/v1:VirtualService` is a VirtualService to people. */
export function kindOf(type: string): string {
    return type.split(":").at(-1) ?? type;
}

interface DeploymentInputs {
    spec?: { replicas?: number; template?: unknown };
}

/** Secrets' contents are not shown, whether or not they were marked as secret. */
function fieldsOf({ type, old, new: next }: Change): ResourceChange["fields"] {
    const all = differences(old?.inputs, next?.inputs);
    if (kindOf(type) !== "Secret") return all;
    return all.map((field) => (/^(data|stringData)\b/.test(field.path) ? { path: field.path } : field));
}

/** Secrets' contents are left out here, too: a short password is soon found by its digest. */
function createdOf(type: string, { inputs, provider }: ResourceState, folder: string | undefined): CreatedResource {
    const isHidden = (key: string): boolean => kindOf(type) === "Secret" && /^(data|stringData)$/.test(key);
    const shown = Object.entries(inputs).map(([key, value]) => [key, isHidden(key) ? secret : value]);
    return { ...(provider && { provider }), inputs: digested(Object.fromEntries(shown), folder) };
}

/**
 * A value with a digest in the place of each text: a plan stays small by it, and has no text that nobody meant to publish. Lists are
 * by number: by name, a member whose name is made anew at each run would be another.
 */
function digested(value: unknown, folder: string | undefined): unknown {
    if (typeof value === "string") return digestOf(value, folder);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, digested(one, folder)]));
}

/** Of the text without this machine's paths: what is approved on one machine is applied on another. */
function digestOf(text: string, folder: string | undefined): string {
    if (text === secret || text === unknown) return text;
    return `sha256:${createHash("sha256").update(withoutPaths(text, folder)).digest("base64url")}`;
}

import { type Change, newOf, oldOf } from "./events";
import { differences, inShort } from "./fields";
import type { PodChange, ResourceChange } from "./model";
import { quiet } from "./worlds";

/** What happens to which resources; what stays is left out. */
export function resourceChanges(changes: readonly Change[]): ResourceChange[] {
    return changes
        .filter(({ op }) => !quiet.includes(op))
        .map((change) => ({
            op: change.op,
            resource: `${kindOf(change.type)} ${change.name}`,
            fields: change.op === "update" || change.op === "replace" ? fieldsOf(change) : [],
        }));
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

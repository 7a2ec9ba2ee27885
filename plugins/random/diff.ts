import { isDeepStrictEqual } from "node:util";
import { hasUnknown, type Properties, type Value } from "../kubernetes/values";
import { completed, isSet, type Kind } from "./kind";

/** How one property differs: it comes, goes or changes. */
export interface Change {
    /** The property, or one value in a map: `keepers.image`. */
    readonly path: string;
    readonly how: "add" | "delete" | "update";
}

/** The changes from a resource's state to new inputs (both without secret marks). Each of them means another resource. */
export function changes(kind: Kind, state: Properties, inputs: Properties): Change[] {
    const [old, wanted] = [flat(completed(kind, state)), flat(completed(kind, inputs))];
    const paths = [...new Set([...Object.keys(old), ...Object.keys(wanted)])].sort();
    return paths.flatMap((path): Change[] => {
        const [before, after] = [old[path], wanted[path]];
        if (before === undefined) return [{ path, how: "add" }];
        if (after === undefined) return [{ path, how: "delete" }];
        return isDeepStrictEqual(before, after) && !hasUnknown(after) ? [] : [{ path, how: "update" }];
    });
}

/** Maps taken apart: `{keepers: {a: "1"}}` becomes `{"keepers.a": "1"}`, and an empty map nothing. */
function flat(properties: Properties): Record<string, Value> {
    return Object.fromEntries(
        Object.entries(properties).flatMap(([name, value]) => {
            if (Object.getPrototypeOf(value) !== Object.prototype) return [[name, value]];
            const members = Object.entries(value as Properties).filter(([, member]) => isSet(member));
            return members.map(([key, member]) => [
                /^[A-Za-z_]\w*$/.test(key) ? `${name}.${key}` : `${name}[${JSON.stringify(key)}]`,
                member,
            ]);
        }),
    );
}

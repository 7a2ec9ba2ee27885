import type { Match } from "../world/istio";
import type { Kind } from "./kind";
import { isWithout } from "./matching";
import { narrowed } from "./narrowing";

/** What a block excludes, as blocks of their own. */
export function excludedBy({ withoutHeaders = {} }: Match): Match[] {
    return Object.entries(withoutHeaders).map(([name, value]) => ({ headers: { [name]: value } }));
}

/**
 * The requests of a kind that have what some blocks exclude, as far as those whom they meet permit it: one of these things, all of
 * them, and all but one, since what one rule excludes another may ask for.
 */
export function having(kind: Kind, excluded: readonly Match[], met: readonly Match[]): Kind[] {
    const isPermitted = (one: Kind): boolean => met.every((match) => isWithout(one, match));
    const possible = excluded.filter((block) => {
        const found = narrowed(kind, block);
        return found !== undefined && isPermitted(found);
    });
    const sets = [
        possible,
        ...possible.map((one) => [one]),
        ...(possible.length > 2 ? possible.map((one) => possible.filter((other) => other !== one)) : []),
    ];
    // Of two that no request can have together, the first.
    return sets.map((set) => set.reduce((found, block) => narrowed(found, block) ?? found, kind)).filter(isPermitted);
}

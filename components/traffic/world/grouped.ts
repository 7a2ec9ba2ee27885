/** Values by their keys, each key with its values in their order. */
export function grouped<T>(entries: readonly (readonly [string, T])[]): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const [key, value] of entries) {
        const group = groups.get(key);
        if (group) group.push(value);
        else groups.set(key, [value]);
    }
    return groups;
}

/** Of several with one key the first, in the order in which they come. */
export function firstsBy<T>(all: readonly T[], keyOf: (one: T) => string): T[] {
    const firsts = new Map<string, T>();
    for (const one of all) {
        const key = keyOf(one);
        if (!firsts.has(key)) firsts.set(key, one);
    }
    return [...firsts.values()];
}

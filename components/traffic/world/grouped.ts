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

const made = new Map<string, Intl.NumberFormat>();

/**
 * A number as people read it: `1,234.5`.
 *
 * Its format is made when one is first asked for: the first of a process takes as long as a fifth of a rollback.
 */
export function rounded(value: number, digits: Intl.NumberFormatOptions): string {
    const key = JSON.stringify(digits);
    const format = made.get(key) ?? new Intl.NumberFormat("en-US", digits);
    made.set(key, format);
    return format.format(value);
}

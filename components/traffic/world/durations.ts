/** What a duration looks like. */
export const durationPattern = /^(\d+(\.\d+)?(ms|s|m|h))+$/;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration as Istio writes it (`250ms`, `1m30s`) in milliseconds; 0 for what is none. */
export function milliseconds(text: string): number {
    return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
        (sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? 0),
        0,
    );
}

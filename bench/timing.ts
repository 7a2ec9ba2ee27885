/** How long something took, in seconds. */
export async function seconds(run: () => Promise<unknown>): Promise<number> {
    const began = performance.now();
    await run();
    return (performance.now() - began) / 1000;
}

/** The middle value; NaN where there is none. */
export function median(values: readonly number[]): number {
    return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

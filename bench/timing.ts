/** How long something took, in seconds. */
export async function seconds(run: () => Promise<unknown>): Promise<number> {
    const began = performance.now();
    await run();
    return (performance.now() - began) / 1000;
}

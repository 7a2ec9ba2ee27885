/** How long something took, in seconds. */
export async function seconds(run: () => Promise<unknown>): Promise<number> {
    const began = performance.now();
    await run();
    return (performance.now() - began) / 1000;
}

/**
 * Waits no longer than this; what is waited for goes on.
 *
 * @param seen what is known by then, for the message.
 * @throws where it has not ended within so many seconds
 */
export async function within<T>(limit: number, what: string, work: Promise<T>, seen: () => string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
            () => reject(new Error(`${what} has not ended in ${limit} s. ${seen()}`.trim())),
            limit * 1000,
        );
    });
    // Whatever becomes of it later, nobody waits for it any more.
    work.catch(() => undefined);
    return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

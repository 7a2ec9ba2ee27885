/**
 * A question for many who ask at the same time: all who come while an answer is awaited share the next one. What each of them gets was
 * asked for after they came, so that nobody takes what was so before their own change for what is so now.
 */
export function shared<T>(ask: () => Promise<T>): () => Promise<T> {
    let running: Promise<unknown> = Promise.resolve();
    let next: Promise<T> | undefined;
    const begin = (): Promise<T> => {
        next = undefined;
        const asked = ask();
        running = asked.catch(() => undefined);
        return asked;
    };
    return () => (next ??= running.then(begin));
}

import { setTimeout as after } from "node:timers/promises";

/**
 * What is asked, or an error once it has taken too long: for questions whose own client waits for ever.
 *
 * @throws where it fails, and where there is no answer in time.
 */
export async function within<Answer>(seconds: number, asked: Promise<Answer>): Promise<Answer> {
    const answered = new AbortController();
    const late = after(seconds * 1000, undefined, { signal: answered.signal }).then(() => {
        throw new Error(`no answer in ${seconds} s`);
    });
    try {
        return await Promise.race([asked, late]);
    } finally {
        answered.abort();
    }
}

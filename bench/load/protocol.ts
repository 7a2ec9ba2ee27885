/** What a load is. */
export interface StreamOptions {
    /** Where to connect: `http://10.96.12.7:80`. */
    readonly origin: string;
    /** The host asked for. */
    readonly host: string;
    readonly path: string;
    /** Requests a second. */
    readonly rate: number;
    /** Connections at most, all kept. Default 64. */
    readonly connections?: number;
}

/** What happened since the last word. */
export interface Batch {
    /** Requests that were begun. */
    begun: number;
    /** Good answers by version. */
    readonly answers: Record<string, number>;
    /** When the last of each version came, in milliseconds since 1970. */
    readonly last: Record<string, number>;
    /** Requests that failed, by what was said of them. */
    readonly failures: Record<string, number>;
}

/** Requests since some moment. */
export interface Counts {
    readonly begun: number;
    readonly answers: Readonly<Record<string, number>>;
    readonly failed: number;
    readonly failures: Readonly<Record<string, number>>;
}

/** Batches as one. */
export function together(batches: readonly Batch[]): Counts {
    const [answers, failures]: [Record<string, number>, Record<string, number>] = [{}, {}];
    for (const batch of batches) {
        add(answers, batch.answers);
        add(failures, batch.failures);
    }
    const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
    return { begun: batches.reduce((all, { begun }) => all + begun, 0), answers, failures, failed: sum(failures) };
}

function add(to: Record<string, number>, counts: Readonly<Record<string, number>>): void {
    for (const [key, count] of Object.entries(counts)) to[key] = (to[key] ?? 0) + count;
}

/** How long something took, in seconds. */
export async function seconds(run: () => Promise<unknown>): Promise<number> {
    const began = performance.now();
    await run();
    return (performance.now() - began) / 1000;
}

/** A look that comes later than this after the one before it was kept from coming, in milliseconds. */
const standstillMs = 2000;

/** A deadline that is looked at over and over; while this process stands still, or is frozen, as everything is, it does not come nearer. */
export class Patience {
    private last = performance.now();

    /** @param left milliseconds until it is over. */
    constructor(private left: number) {}

    /** Whether it is over by now. */
    get isOver(): boolean {
        const now = performance.now();
        this.left -= Math.min(now - this.last, standstillMs);
        this.last = now;
        return this.left <= 0;
    }
}

/**
 * Waits no longer than this; what is waited for goes on.
 *
 * @param seen what is known by then, for the message.
 * @throws where it has not ended within so many seconds
 */
export async function within<T>(limit: number, what: string, work: Promise<T>, seen: () => string): Promise<T> {
    const patience = new Patience(limit * 1000);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setInterval(() => {
            if (patience.isOver) reject(new Error(`${what} has not ended in ${limit} s. ${seen()}`.trim()));
        }, 500);
    });
    // Whatever becomes of it later, nobody waits for it any more.
    work.catch(() => undefined);
    return Promise.race([work, late]).finally(() => clearInterval(timer));
}

/** `upshift: 0.21, 0.25 s`, while it runs. */
export function soFar(name: string, values: readonly number[], unit: string): string {
    return `  ${name}: ${values.map((one) => one.toFixed(2)).join(", ")} ${unit}`;
}

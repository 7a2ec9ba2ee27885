/** Methods of lists that look at one element after another, with a function of the caller's. */
const walking = [
    "every",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "flatMap",
    "forEach",
    "map",
    "reduce",
    "some",
] as const;
/** Those that compare the elements themselves. */
const comparing = ["includes", "indexOf", "join"] as const;

type Method = (this: unknown[], ...args: unknown[]) => unknown;

/**
 * How many elements of lists a function looks at: work that does not depend on the machine. What has to do with the number of
 * services grows with it, and not with its square.
 */
export async function workOf(run: () => unknown): Promise<number> {
    const all = Array.prototype as unknown as Record<string, Method>;
    const before = new Map([...walking, ...comparing].map((name) => [name, all[name] as Method]));
    let looked = 0;
    for (const name of walking) {
        const method = before.get(name) as Method;
        all[name] = function (this: unknown[], act: unknown, ...rest: unknown[]): unknown {
            const counted = function (this: unknown, ...args: unknown[]): unknown {
                looked++;
                return (act as Method).apply(this as unknown[], args);
            };
            return method.call(this, counted, ...rest);
        };
    }
    for (const name of comparing) {
        const method = before.get(name) as Method;
        all[name] = function (this: unknown[], ...args: unknown[]): unknown {
            looked += this.length;
            return method.apply(this, args);
        };
    }
    try {
        await run();
    } finally {
        for (const [name, method] of before) all[name] = method;
    }
    return looked;
}

/**
 * By how much the work of many is more than that of a quarter of them: 4 where it is linear, 16 where each looks at all others.
 *
 * @param run is called for each number of them, and made ready before.
 */
export async function growthOf(run: (count: number) => () => unknown, many = 100): Promise<number> {
    const [few, all] = [run(many / 4), run(many)];
    return (await workOf(all)) / (await workOf(few));
}

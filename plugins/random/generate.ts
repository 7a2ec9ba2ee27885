import * as crypto from "node:crypto";

/** The characters that passwords are made of, unless `overrideSpecial` replaces the special ones. */
export const characters = {
    lower: "abcdefghijklmnopqrstuvwxyz",
    upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    numeric: "0123456789",
    special: "!@#$%&*()-_=+[]{}<>:?",
} as const;

/** The kinds of character, in the order in which a string's minimums are met. */
export type CharacterClass = keyof typeof characters;

/** What one class of characters adds to a string. */
export interface Share {
    /** The characters to pick from. */
    readonly from: string;
    /** At least so many of them. */
    readonly atLeast: number;
    /** Whether the rest of the string may hold them too. */
    readonly allowed: boolean;
}

/** A random string of `length` characters: first each share's minimum, the rest from all that is allowed, then shuffled. */
export function randomString(length: number, shares: readonly Share[]): string {
    const least = shares.flatMap(({ from, atLeast }) => Array.from({ length: atLeast }, () => pick(Array.from(from))));
    const allowed = Array.from(
        shares
            .filter((share) => share.allowed)
            .map((share) => share.from)
            .join(""),
    );
    const rest = Array.from({ length: length - least.length }, () => pick(allowed));
    return shuffled([...least, ...rest]).join("");
}

/** One of the items, each as likely as any other. */
export function pick<T>(items: readonly T[]): T {
    const item = items[Number(randomBelow(BigInt(items.length)))];
    if (item === undefined) throw new Error("There is nothing to pick from.");
    return item;
}

/** The items in a random order, each order as likely as any other (Fisher and Yates). */
export function shuffled<T>(items: readonly T[]): T[] {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
        const j = Number(randomBelow(BigInt(i + 1)));
        [order[i], order[j]] = [order[j] as T, order[i] as T];
    }
    return order;
}

/**
 * A random whole number from 0 to `limit` - 1, each as likely as any other: values that would favour the low ones are drawn
 * again, which happens at most once on average.
 */
export function randomBelow(limit: bigint): bigint {
    if (limit < 1n) throw new RangeError(`There is no number from 0 to ${limit - 1n}.`);
    const bits = limit.toString(2).length;
    for (;;) {
        const drawn = BigInt(`0x${crypto.randomBytes(Math.ceil(bits / 8)).toString("hex")}`);
        const value = BigInt.asUintN(bits, drawn);
        if (value < limit) return value;
    }
}

import * as crypto from "node:crypto";

/**
 * Names a resource after its logical name: `<prefix><8 hex digits>`.
 *
 * The digits are a function of the engine's random seed, so that a preview and the update after it agree. This is Pulumi's own
 * algorithm (SHA-256 of the seed, then Go's ChaCha8 generator, one digit from the low bits of each 64-bit number), so that the
 * same program gets the same names from this provider and from the official one.
 *
 * @param seed the engine's seed; empty or absent gives digits that nobody can foretell.
 */
export function uniqueName(prefix: string, seed?: Uint8Array): string {
    return prefix + (seed?.length ? seededDigits(seed) : crypto.randomBytes(4).toString("hex"));
}

/** The eight numbers are the first 64 bytes of four interleaved blocks: words 0 to 3 of blocks 0 and 2 hold their low halves. */
function seededDigits(seed: Uint8Array): string {
    const key = crypto.createHash("sha256").update(seed).digest();
    const even = chacha8Block(key, 0);
    const odd = chacha8Block(key, 2);
    return [0, 1, 2, 3].map((word) => lowNibble(even[word]) + lowNibble(odd[word])).join("");
}

function lowNibble(word: number | undefined): string {
    return ((word ?? 0) & 15).toString(16);
}

/** One ChaCha block of eight rounds with a zero nonce. Go leaves out the final addition for the constants, and so do we. */
function chacha8Block(key: Buffer, counter: number): Uint32Array {
    const words = new Uint32Array(16);
    words.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
    for (let i = 0; i < 8; i++) words[4 + i] = key.readUInt32LE(4 * i);
    words[12] = counter;
    for (let doubleRound = 0; doubleRound < 4; doubleRound++) {
        for (const [a, b, c, d] of quarterRounds) quarterRound(words, a, b, c, d);
    }
    return words;
}

const quarterRounds: readonly (readonly [number, number, number, number])[] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

function quarterRound(words: Uint32Array, a: number, b: number, c: number, d: number): void {
    const at = (index: number): number => words[index] ?? 0;
    const mix = (into: number, from: number, rotated: number, bits: number): void => {
        words[into] = at(into) + at(from);
        const mixed = at(rotated) ^ at(into);
        words[rotated] = (mixed << bits) | (mixed >>> (32 - bits));
    };
    mix(a, b, d, 16);
    mix(c, d, b, 12);
    mix(a, b, d, 8);
    mix(c, d, b, 7);
}

/** A test of our provider that the official one does not pass, on purpose: its own, or ours. */
export interface Difference {
    /** The test, with all that it stands in. */
    readonly test: string;
    /** What the official provider does, and why ours does otherwise. */
    readonly reason: string;
    /** How the test fails: by this difference, and no other. */
    readonly fails: RegExp;
}

/** All known ones. A test that no longer fails is to be taken out of this list, and docs/embedded.md told. */
export const differences: readonly Difference[] = [];

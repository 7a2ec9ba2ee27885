/** A command that moves users: when it was given, in milliseconds since 1970, and whose last answer ends it. */
export interface Move {
    readonly began: number;
    readonly old: string;
    readonly fresh: string;
}

/** One way to move users between two versions of the same workload. What is not timed gets ready for what is. */
export interface Contender {
    /** As the tables name it. */
    readonly name: string;
    readonly namespace: string;
    /** What takes minutes and is done once on a machine, before anything is timed. */
    prepare?(): Promise<void>;
    /** Brings its workload up, and whatever moves users. */
    up(): Promise<void>;
    /** Ends what would outlive its namespace. */
    down(): Promise<void>;
    /** All users on one version, with the other ready. */
    readyToShift(): Promise<void>;
    /** Gives all of them to the other, as people do it. */
    shift(): Promise<Move>;
    /** A quarter of the users on the new version. Left out where there is no way back by a command of its own. */
    readyToGoBack?(): Promise<void>;
    /** Takes them back, as people do it in an emergency. */
    goBack?(): Promise<Move>;
    /** A whole release, 0 → 10 → 25 → 50 → 100, with no time to bake. Left out where it would say nothing. */
    readyToRelease?(): Promise<void>;
    release?(): Promise<Move>;
}

/** Percent of users that the new version has when they are taken back. */
export const backFrom = 25;
/** The shares of a whole release. */
export const shares = [10, 25, 50, 100] as const;

import type { Hands } from "../hands";
import type { Member } from "../members";
import type { DeclaredRelease } from "../settings";

/** What `finish` asks beside. */
export interface FinishHands extends Hands {
    /** `release.<service>` as the config has it, whether or not it asks for a release. @throws where it can't be meant */
    declared(): Promise<DeclaredRelease>;
    /** When the service's users came to where they are, in milliseconds; undefined where the stack's history does not say. */
    movedAt(): Promise<number | undefined>;
}

/** What is asked for on the command line. */
export interface FinishFlags {
    /** How long the versions are watched at all users, by the release's gates, before they become the stable ones. Default: not at all. */
    readonly bake?: string | undefined;
    /** How long the old version is kept since its last user left; it stands in the config from then on. Default: as that has it. */
    readonly keep?: string | undefined;
    /** Takes the old version away once nobody asks it any more. Default: it is only said how. */
    readonly remove?: boolean | undefined;
}

/** A service of a release that is finished. */
export type FinishMember = Member & { readonly hands: FinishHands };

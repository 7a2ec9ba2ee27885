import type { Hands } from "../hands";
import type { DeclaredRelease } from "../settings";

/** What `finish` asks beside. */
export interface FinishHands extends Hands {
    /** `release.<service>` as the config has it, whether or not it asks for a release. @throws where it can't be meant */
    declared(): Promise<DeclaredRelease>;
    /** When the service's users came to where they are, in milliseconds; undefined where the stack's history does not say. */
    movedAt(): Promise<number | undefined>;
}

import type { Weights } from "../../../components/traffic/split/weights";
import type { Verdict } from "../gate";

/** Which step of which release a check is asked about. */
export interface About {
    readonly service: string;
    /** Where its objects are. */
    readonly namespace: string;
    readonly stack: string;
    /** The new version. */
    readonly to: string;
    readonly stable: string;
    /** As the steps have it: `header`, `25`. */
    readonly step: string;
    /** Percent of users by version, as they are applied. */
    readonly weights: Weights;
}

/** What a check says, once it was asked. */
export interface Answer {
    /** `inconclusive` where it could not be asked, or is not done yet: that never promotes and never rolls back. */
    readonly verdict: Verdict;
    /** What it stands on, in one line or a few. */
    readonly evidence: string;
}

/** Asks one check, by whatever it is asked. */
export interface Asker {
    /**
     * @param signal gives the question up, as the step is left: whatever was begun for it ends.
     * @throws where it can't be asked, with the reason.
     */
    ask(about: About, signal: AbortSignal): Promise<Answer>;
    /** Takes away what it has made for a step that is passed. */
    passed?(about: About): Promise<void>;
}

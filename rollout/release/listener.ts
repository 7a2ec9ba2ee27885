import type { Hands } from "./hands";
import type { Moved } from "./members";
import type { ReleaseSettings } from "./settings";
import { type Heard, heardOf } from "./toldOtherwise";

/**
 * Hears what the config says of the services of a release. One that can't be read for a while, half written by an editor or kept by a
 * backend that does not answer, ends no release: somebody has to look at the users meanwhile. What it said last holds then, but for
 * words that let a release go on.
 */
export class Listener {
    private readonly last = new Map<string, ReleaseSettings>();

    /**
     * @param hands by which it is told that the config can't be read.
     * @param instead settings that hold in the place of the config's.
     */
    constructor(
        private readonly hands: Pick<Hands, "tell">,
        private readonly instead: Pick<Partial<ReleaseSettings>, "bake"> = {},
    ) {}

    /**
     * @param step at which the release is.
     * @returns what is said of each service, and whether the config says so now: only then may the release go on.
     * @throws where it can't be read and never was.
     */
    async hear(
        moved: readonly Moved[],
        step: string,
    ): Promise<{ readonly heard: Heard[]; readonly isCurrent: boolean }> {
        try {
            const heard = (await heardOf(moved)).map((one) => ({
                ...one,
                settings: { ...one.settings, ...this.instead },
            }));
            for (const { member, settings } of heard)
                this.last.set(member.service, { ...settings, promoted: undefined, promotedBy: undefined });
            return { heard, isCurrent: true };
        } catch (error) {
            const heard = moved.flatMap((member): Heard[] => {
                const settings = this.last.get(member.service);
                return settings ? [{ member, settings }] : [];
            });
            if (heard.length < moved.length) throw error;
            const why = `the config can't be read, and until it can nobody goes on: ${(error as Error).message}`;
            this.hands.tell({ kind: "waits", step, why });
            return { heard, isCurrent: false };
        }
    }
}

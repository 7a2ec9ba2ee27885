import { declaredRelease, type ReleaseSettings } from "./settings";
import { declaredIn } from "./shares";
import { settingsOf } from "./stackHands";

/** `release` as a stack's config has it, by service: an error for what can't be meant. */
export async function releasesOf(stack: string, folder?: string): Promise<Record<string, ReleaseSettings | Error>> {
    const all = await declaredIn(stack, folder);
    const read = (service: string, given: unknown): ReleaseSettings | Error | undefined => {
        try {
            // A version that was taken back by hand leaves its mark, without any release.
            const { data } = declaredRelease.safeParse(given);
            if (data && data.to === undefined && data.aborted === undefined) return undefined;
            return settingsOf(service, data ? { ...data, to: data.to ?? data.aborted } : given, folder);
        } catch (error) {
            return error as Error;
        }
    };
    const found = Object.entries(all).map(([service, given]) => [service, read(service, given)] as const);
    return Object.fromEntries(found.flatMap(([service, one]) => (one === undefined ? [] : [[service, one]])));
}

import type { Weights } from "../../components/traffic/split/weights";
import type { WeightsOf } from "./hands";
import type { ManyHands, Services } from "./manyHands";
import type { Off } from "./members";
import type { ReleasedService } from "./service";
import type { ReleaseSettings } from "./settings";

/** What the config says of the services, and where users are by now. */
export interface Look {
    readonly settings: Readonly<Record<string, ReleaseSettings>>;
    readonly live: WeightsOf;
    /** Where the config would have them by the next update, which is made to bring others back. */
    readonly asked: WeightsOf;
}

/** Nothing of it, where nobody has time to ask. */
export const unseen: Look = { settings: {}, live: {}, asked: {} };

/** What the config says wrong keeps nobody from going back, nor does a cluster that does not answer: the update may reach it. */
export async function lookAt(found: Services, hands: ManyHands): Promise<Look> {
    const seen = hands.live(found).catch((error: Error): WeightsOf => {
        const why = `not seen, so users are where they were last applied: ${error.message}`;
        hands.tell({ kind: "waits", step: "cluster", why });
        return {};
    });
    const asked = hands.asked(found).catch((): WeightsOf => ({}));
    const [settings, live] = await Promise.all([hands.settings(), seen]);
    return { settings: readable(settings), live, asked: await asked };
}

/** The settings of services that can be meant. */
export function readable(settings: Awaited<ReturnType<ManyHands["settings"]>>): Record<string, ReleaseSettings> {
    return Object.fromEntries(
        Object.entries(settings).flatMap(([service, one]) => (one instanceof Error ? [] : [[service, one]])),
    );
}

/** Those of some services whose users are off stable, or are to be brought off it by a release that is declared. */
export function offIn(all: readonly ReleasedService[], { settings, live, asked }: Look): Off[] {
    return all.flatMap((served): Off[] => {
        const { name: service, stable } = served;
        const { to: declared, aborted } = settings[service] ?? {};
        const found = releasedNow(served, live[service], settings[service]) ?? askedNow(served, asked[service]);
        const to = found ?? (declared === aborted ? undefined : declared);
        return to === undefined || to === stable ? [] : [{ service, served, to }];
    });
}

/** The version that a release has brought users, whoever else has some: its driver is to hear of it. Without a release, the one with most. */
export function releasedNow(
    served: ReleasedService,
    live: Weights | undefined,
    settings?: ReleaseSettings,
): string | undefined {
    const { to } = settings ?? {};
    const hasUsers = to !== undefined && ((served.weights[to] ?? 0) > 0 || (live?.[to] ?? 0) > 0);
    return hasUsers && to !== served.stable ? to : mostOffStable(served, live);
}

/** The version apart from stable that has most users, as applied or by now; undefined where stable has all. */
export function mostOffStable(served: ReleasedService, live?: Weights): string | undefined {
    return versionsOffStable(served, live)[0];
}

/** The version that the config would bring users though all are on stable: the next update would take them there. */
export function askedNow({ stable, weights }: ReleasedService, asked: Weights = {}): string | undefined {
    const known = Object.fromEntries(Object.entries(asked).filter(([version]) => version in weights));
    return versionsOffStable({ stable, weights: known })[0];
}

/** All of these that have users, the one with most first. */
export function versionsOffStable(
    { weights, stable, chain }: Pick<ReleasedService, "weights" | "stable" | "chain">,
    live: Weights = {},
): string[] {
    // Also of a chain those who come to its services by another way than the edge.
    const all = [weights, live, ...(chain?.services ?? []).map((one) => one.weights)];
    const versions = [...new Set(all.flatMap((one) => Object.keys(one)))].filter((one) => one !== stable);
    const shares = versions.map((one): [string, number] => [one, Math.max(...all.map((own) => own[one] ?? 0))]);
    const served = shares.filter(([, share]) => share > 0).sort(([, one], [, other]) => other - one);
    return served.map(([version]) => version);
}

/** The version that testers reach by a release under way: its next step would bring it users. */
export function testedNow(
    { headerTo, stable }: ReleasedService,
    settings: ReleaseSettings | undefined,
): string | undefined {
    if (!settings || settings.to === stable || settings.aborted === settings.to) return undefined;
    return headerTo === settings.to ? settings.to : undefined;
}

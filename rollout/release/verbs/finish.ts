import { Refused } from "../../../cluster/refused";
import { UserError } from "../../../components/userError";
import { ExitCode } from "../../exitCode";
import { MeshCallers } from "../../gate/sources/meshCallers";
import { ProxyCounts } from "../../gate/sources/proxies";
import { catchUp } from "../chain/catchUp";
import { ended } from "../ended";
import type { Hands } from "../hands";
import { givenOf } from "../manyHands";
import { countedIn, type Member, type Moved, servedNow } from "../members";
import { type Quiet, quietness, removalWords } from "../quiet";
import type { ReleasedService } from "../service";
import { secondsSince } from "../settings";
import { StepWatch } from "../watch";
import { type About, interruptible, membersFor } from "./about";

/** How a release is finished. */
export interface FinishOptions {
    /** How long the versions are watched at all users, by the release's gates, before they become the stable ones. Default: not at all. */
    readonly bake?: string | undefined;
    /** Counts what the old version of a service still gets. */
    readonly count: (served: ReleasedService, version: string) => Promise<Quiet>;
}

/**
 * Makes the version that has all users the stable one, in a real stack, and says how the old one is taken away.
 *
 * @returns and throws as `finish` does.
 */
export async function finishStack(service: string, { bake, ...about }: About & { bake?: string }): Promise<ExitCode> {
    const members = await membersFor(service, about);
    const [{ hands }] = members;
    const count: FinishOptions["count"] = async ({ access, host }, version) => {
        const callers = new MeshCallers(access);
        try {
            const source = new ProxyCounts(() => callers.list(), false);
            return await quietness(host, version, { source, rest: (seconds) => hands.rest(seconds) });
        } finally {
            callers.close();
        }
    };
    const all = members.map((one) => one.hands);
    try {
        return await interruptible(all, () => finish(members, { bake, count }));
    } finally {
        for (const one of all) one.close();
    }
}

/**
 * Makes the version that has all users the stable one; with a time to bake only where the gate lets it pass. Of services that are
 * released as one, those of all of them, by one update.
 *
 * @returns the exit code: well; findings where one was worse and users are back; held where it could not be judged.
 * @throws when a service has no version but the stable one that has all users; nothing is changed then.
 */
export async function finish(members: readonly Member[], { bake, count }: FinishOptions): Promise<ExitCode> {
    const whole = (await servedNow(members)).map((one) => ({ ...one, to: wholeIn(one) }));
    const [first] = whole;
    if (!first) throw new Error("A release has no service.");
    const { hands } = first;
    if (bake !== undefined) {
        const ending = await watched(whole.map((one) => ({ ...one, hands: withBake(one.hands, bake) })));
        if (ending) return ending;
    }
    const held = await catchUp(whole);
    if (held !== undefined) return held;
    const began = Date.now();
    const parts = whole.flatMap((one) => countedIn(one));
    const old = await hands.write(
        Object.fromEntries(
            parts.flatMap(({ service, to }) => [
                [`stable.${service}`, to],
                [`blueGreen.${service}`, undefined],
            ]),
        ),
    );
    try {
        await hands.up(whole.map(({ service, to }) => `${service}: ${to} is the stable version`).join(", "));
    } catch (error) {
        await hands.write(old);
        throw error;
    }
    await checkEdges(whole);
    const given = givenOf(Object.fromEntries(whole.map(({ service, served }) => [service, served.weights])));
    hands.tell({ kind: "applied", step: "finish", seconds: secondsSince(began), ...given });
    await hands.write(Object.fromEntries(whole.map(({ service }) => [`release.${service}`, undefined])));
    const words = await Promise.all(parts.map((one) => wordsFor(one, count)));
    return ended(hands, "done", words.join("\n"));
}

/** An edge takes its stable version from its services. @throws where its program does not */
async function checkEdges(whole: readonly Moved[]): Promise<void> {
    const after = await servedNow(whole);
    const left = after.find(({ served, to }) => served.chain && served.stable !== to);
    if (!left) return;
    const { service, to, served, hands } = left;
    throw new UserError({
        what: `The services of ${service} have ${to} as their stable version, and its edge still has ${served.stable}, to which a rollback would return.`,
        fix: `have the program give the edge's VirtualService upshift.dev/stable from stable.${served.chain?.services[0]?.name}, then pulumi up and: npx upshift finish ${service}${hands.where}`,
    });
}

/** What is to be said of a service whose stable version is another by now. */
async function wordsFor({ service, to, served, hands }: Moved, count: FinishOptions["count"]): Promise<string> {
    const { stable, weights } = served;
    const words = `${to} is the stable version of ${service}; ${stable} has no users and can be taken away.`;
    if (!(stable in weights)) return words;
    return `${words}\n${removalWords(service, stable, await count(served, stable), hands.where)}`;
}

/** The version that has all users. @throws where that is the stable one, or none */
function wholeIn({ service, served: { weights, stable }, hands: { where } }: Omit<Moved, "to">): string {
    const [whole] = Object.entries(weights).find(([, weight]) => weight === 100) ?? [];
    if (whole !== undefined && whole !== stable) return whole;
    throw new Refused(
        whole === stable
            ? {
                  what: `${stable} has all users of ${service} and is stable already.`,
                  fix: `npx upshift release ${service}${where} --to VERSION`,
              }
            : { what: `No version of ${service} has all users.`, fix: `npx upshift release ${service}${where}` },
    );
}

/** Looks at them by their gates. @returns how it ended, where they may not become the stable versions */
async function watched(moved: readonly Moved[]): Promise<ExitCode | undefined> {
    const { hands } = moved[0] as Moved;
    const step = { kind: "weight", name: "100", percent: 100 } as const;
    const ending = await new StepWatch(hands).passed([step], 0, moved);
    return ending && ended(hands, ending.outcome, ending.words);
}

/** The same hands, with another time to bake than the config has. */
function withBake(hands: Hands, bake: string): Hands {
    return {
        settings: async () => ({ ...(await hands.settings()), bake }),
        served: () => hands.served(),
        write: (values, weights) => hands.write(values, weights),
        up: (message) => hands.up(message),
        past: async (version, host) => (await hands.past?.(version, host)) ?? [],
        giveBack: (weights, served) => hands.giveBack(weights, served),
        window: (compared, host) => hands.window(compared, host),
        asker: (check, index, settings) => hands.asker(check, index, settings),
        stack: hands.stack,
        rest: (seconds) => hands.rest(seconds),
        where: hands.where,
        get isInterrupted() {
            return hands.isInterrupted;
        },
        tell: (event) => hands.tell(event),
    };
}

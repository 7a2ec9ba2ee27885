import { Refused } from "../../cluster/refused";
import { goBack } from "./back";
import { groupOf } from "./group";
import type { ReleaseEvent } from "./hands";
import { type Member, type Moved, namesOf, writeTogether } from "./members";
import { show } from "./show";
import { StackHands } from "./stackHands";
import { nameOf, parseSteps, positionOf } from "./steps";

/** Which stack's service it is about. */
export interface About {
    readonly stack: string;
    readonly folder?: string | undefined;
    readonly json?: boolean;
    /** Milliseconds for which another update of the stack is waited for. */
    readonly waitForLock?: number;
    /** Hears, beside the screen, what is done. */
    readonly tell?: (event: ReleaseEvent) => void;
}

/**
 * Gives all users of a service back to its stable version, whether or not a driver runs.
 *
 * @returns what was done, in words; undefined where there was nothing to be done.
 * @throws when the update after it fails; users are on stable then, and the config says so.
 */
export async function abort(service: string, about: About): Promise<string | undefined> {
    const { stack, folder, json = false, waitForLock, tell } = about;
    const screen = show(process.stdout, json);
    const both = (event: ReleaseEvent): void => {
        screen(event);
        tell?.(event);
    };
    const members = await membersOf(
        service,
        (name) => new StackHands(stack, name, both, folder, { lockWait: waitForLock }),
    );
    const all = await Promise.all(members.map(leavingOf));
    const moved = all.filter((one) => one !== undefined);
    const [first] = moved;
    if (first === undefined) {
        const { stable } = await (members[0] as (typeof members)[number]).hands.served();
        console.log(`All users of ${service} are on ${stable}, and no release is declared.`);
        return undefined;
    }
    await goBack(moved, "somebody asked for it");
    const back = moved.map(
        (one) =>
            `All users of ${one.service} are on ${one.served.stable}, and ${one.to} does not start again by itself.`,
    );
    return back.join(" ");
}

/** The version that a service's users leave: the one with most of them, or the one that is declared; undefined where there is none. */
async function leavingOf({ service, hands }: Member): Promise<Moved | undefined> {
    const served = await hands.served();
    const most = Object.entries(served.weights).filter(([version, weight]) => version !== served.stable && weight > 0);
    const [first] = most.sort(([, one], [, other]) => other - one);
    const to = first?.[0] ?? (await hands.settings().catch(() => undefined))?.to;
    return to === undefined ? undefined : { service, hands, served, to };
}

/** The services that are released as one with a service, itself first. */
async function membersOf(
    service: string,
    handsOf: (service: string) => StackHands,
): Promise<{ readonly service: string; readonly hands: StackHands }[]> {
    const first = handsOf(service);
    const others = groupOf(service, await first.releases()).slice(1);
    return [{ service, hands: first }, ...others.map((name) => ({ service: name, hands: handsOf(name) }))];
}

/**
 * A word to a release, which it hears at its next look.
 *
 * @returns what was written, in words.
 * @throws when no release of the service is declared, or there is nothing to be passed.
 */
export async function say(
    word: "pause" | "resume" | "promote",
    service: string,
    { stack, folder }: About,
): Promise<string> {
    const members = await membersOf(service, (name) => new StackHands(stack, name, () => undefined, folder));
    const [{ hands }] = members as [(typeof members)[number]];
    const settings = await hands.settings();
    const names = namesOf(members);
    if (word !== "promote") {
        const isPaused = word === "pause" ? true : undefined;
        // Whichever of them was paused: what is released as one goes on as one.
        const heard = isPaused ? members.slice(0, 1) : members;
        await writeTogether(
            heard.map((member) => ({ member, values: { [`release.${member.service}.paused`]: isPaused } })),
        );
        if (members.length > 1) return isPaused ? `${names} stay where they are.` : `${names} go on.`;
        return isPaused ? `${names} stays where it is.` : `${names} goes on.`;
    }
    const { steps } = parseSteps(settings.steps, `release.${service}.steps`);
    const positions = members.map(async (member) => {
        const { to } = await member.hands.settings();
        return positionOf(steps, to, await member.hands.served());
    });
    // Of several services it is the one that is least far.
    const step = nameOf(steps, Math.min(...(await Promise.all(positions))));
    await hands.write({ [`release.${service}.promoted`]: step });
    return `What ${names} waits for at ${step} counts as passed.`;
}

/**
 * Makes the version that has all users the stable one; of services that were released as one, those of all of them.
 *
 * @returns what was done, in words.
 * @throws when a service has no version but the stable one that has all users; nothing is changed then.
 */
export async function finish(service: string, { stack, folder, waitForLock }: About): Promise<string> {
    const updating = { lockWait: waitForLock };
    const members = await membersOf(service, (name) => new StackHands(stack, name, () => undefined, folder, updating));
    const whole = await Promise.all(members.map(wholeOf));
    const old = await writeTogether(
        whole.map(({ member, version }) => ({
            member,
            values: { [`stable.${member.service}`]: version, [`blueGreen.${member.service}`]: undefined },
        })),
    );
    const [{ hands }] = members as [(typeof members)[number]];
    try {
        await hands.up(
            whole.map(({ member, version }) => `${member.service}: ${version} is the stable version`).join(", "),
        );
    } catch (error) {
        await hands.write(old);
        throw error;
    }
    await writeTogether(members.map((member) => ({ member, values: { [`release.${member.service}`]: undefined } })));
    return whole
        .map(
            ({ member, version, stable }) =>
                `${version} is the stable version of ${member.service}; ${stable} has no users and can be taken away.`,
        )
        .join("\n");
}

/** The version that has all users of a service. @throws where there is none, or it is the stable one already */
async function wholeOf(member: Member): Promise<{ member: Member; version: string; stable: string }> {
    const { service, hands } = member;
    const { weights, stable } = await hands.served();
    const [version] = Object.entries(weights).find(([, weight]) => weight === 100) ?? [];
    if (version !== undefined && version !== stable) return { member, version, stable };
    throw new Refused(
        version === stable
            ? {
                  what: `${stable} has all users of ${service} and is stable already.`,
                  fix: `npx upshift release ${service}${hands.where} --to VERSION`,
              }
            : {
                  what: `No version of ${service} has all users.`,
                  fix: `npx upshift release ${service}${hands.where}`,
              },
    );
}

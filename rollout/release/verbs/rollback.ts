import { UserError } from "../../../components/userError";
import { ExitCode } from "../../exitCode";
import { giveRoutesBack, goBackTogether, settleBack } from "../back";
import { ended } from "../ended";
import { type ManyHands, serviceIn, type Services, type Unmovable } from "../manyHands";
import type { Off } from "../members";
import {
    askedNow,
    lookAt,
    mostOffStable,
    offIn,
    readable,
    releasedNow,
    testedNow,
    unseen,
    versionsOffStable,
} from "../offStable";
import type { ReleasedService } from "../service";
import { type About, interruptible, manyHandsFor } from "./about";
import { goBackGradually, type Named, type RollbackOptions, why } from "./gradual";

/**
 * Gives users back in a real stack, and tells on standard output what is done.
 *
 * @param service whose users; undefined for every service that is off its stable version.
 * @returns and throws as `rollback` and `rollbackAll` do.
 */
export async function rollbackStack(
    service: string | undefined,
    { gradual, bake, ...about }: About & RollbackOptions,
): Promise<ExitCode> {
    const hands = manyHandsFor(about);
    const options = { gradual, bake };
    const go = (): Promise<ExitCode> =>
        service === undefined ? rollbackAll(hands, options) : rollback(service, hands, options);
    return interruptible([hands], go);
}

/**
 * Gives all users of a service back to its stable version, whether or not a driver runs; and with it those of all services that are
 * released as one with it, by the same update. `abort` is the same.
 *
 * @param asked the service; one of a chain stands for the chain.
 * @returns the exit code: well, or held where the gradual way was interrupted.
 * @throws when the stack does not split the service, or the last of it fails; users are on stable then, and the config says so.
 */
export async function rollback(asked: string, hands: ManyHands, options: RollbackOptions = {}): Promise<ExitCode> {
    const found = await hands.served();
    const served = serviceIn(found, asked);
    const { name: service } = served;
    if (service !== asked) hands.tell({ kind: "meant", service: asked, chain: service });
    // Who is off stable by what is applied goes back without another question: each would be a second in which he is served errors.
    const off = mostOffStable(served);
    if (off !== undefined) return backAtOnce({ service, served, to: off }, found, hands, options);
    const [group, look] = await Promise.all([groupIn(service, found, hands), lookAt(found, hands)]);
    const { settings } = look;
    const all = offIn(group, look);
    if (all.length > 0) return back(all, hands, { ...options, named: [service] });
    const { to, aborted } = settings[service] ?? {};
    const rest = to !== undefined && to === aborted ? `${to} does not start again by itself` : "no release is declared";
    return ended(hands, "done", `All users of ${service} are on ${served.stable}, and ${rest}.`);
}

/** The routes of the service first; then it is asked what is released with it, and all of them are written back as one. */
async function backAtOnce(first: Off, found: Services, hands: ManyHands, options: RollbackOptions): Promise<ExitCode> {
    if (!options.gradual) await giveRoutesBack([first], hands, why);
    const named = [first.service];
    const [, ...group] = await groupIn(first.service, found, hands);
    const served = offIn(group, unseen);
    if (!options.gradual && served.length > 0) await giveRoutesBack(served, hands, why);
    // Where only one version has users it is that one, whatever is declared.
    const isClear = group.length === 0 && versionsOffStable(first.served).length === 1;
    const settings = isClear ? {} : await hands.settings().then(readable, () => ({}));
    // Also those that have no users yet: none of what is released as one is left to start again.
    const all = offIn([first.served, ...group], { ...unseen, settings });
    if (options.gradual) return back(all, hands, { ...options, named });
    await settleBack(all, hands, why);
    return endedBack(all, hands, named);
}

/** The services that are released as one with a service, itself first, as far as the stack splits them. */
async function groupIn(service: string, { services }: Services, hands: ManyHands): Promise<ReleasedService[]> {
    const names = await hands.groupOf(service).catch((error: Error) => {
        hands.tell({ kind: "waits", step: "config", why: `not read, so ${service} goes back alone: ${error.message}` });
        return [service];
    });
    return names.flatMap((name) => services[name] ?? []);
}

/**
 * The same for every service of a stack that is off its stable version, or whose testers are: the routes of all at once, one write of
 * the config, one update.
 *
 * @throws also when a service is off its stable version that can't be moved so, once all others are back.
 */
export async function rollbackAll(hands: ManyHands, options: RollbackOptions = {}): Promise<ExitCode> {
    const found = await hands.served();
    const { settings, live, asked } = await lookAt(found, hands);
    const { services, others } = found;
    const all = Object.entries(services).flatMap(([service, served]): Off[] => {
        const to =
            releasedNow(served, live[service], settings[service]) ??
            testedNow(served, settings[service]) ??
            askedNow(served, asked[service]);
        return to === undefined ? [] : [{ service, served, to }];
    });
    // Those of a chain come back with it.
    const parts = all.flatMap(({ served }) => (served.chain?.services ?? []).map((one) => one.name));
    const left = others.filter(
        ({ service, stable, weights }) => (weights[stable] ?? 0) < 100 && !parts.includes(service),
    );
    const code =
        all.length > 0
            ? await back(all, hands, { ...options, named: undefined })
            : ended(
                  hands,
                  "done",
                  `All users of ${[...Object.keys(services)].join(", ")} are on their stable versions.`,
              );
    if (left.length > 0) throw stillOff(left);
    return code;
}

async function back(
    all: readonly Off[],
    hands: ManyHands,
    { gradual, named, ...options }: RollbackOptions & Named,
): Promise<ExitCode> {
    if (gradual) {
        const isHeld = await goBackGradually(all, hands, { ...options, named });
        if (isHeld) return ExitCode.Held;
    } else await goBackTogether(all, hands, why, named === undefined);
    return endedBack(all, hands, named);
}

function endedBack(all: readonly Off[], hands: ManyHands, named: Named["named"]): ExitCode {
    const names = named ?? all.map(({ service }) => service);
    // Of one alone perhaps no release is declared, and the command has to say to what; what is released as one is declared.
    const [only, ...others] = all;
    const again =
        only && others.length === 0
            ? `npx upshift release ${only.service}${hands.where} --again --to ${only.to}`
            : names.map((service) => `npx upshift release ${service}${hands.where} --again`).join(", ");
    const on = all.map(({ service, served }) => `${service} are on ${served.stable}`).join(", of ");
    return ended(
        hands,
        "done",
        `All users of ${on}. None of what came back starts again by itself; to start it: ${again}`,
    );
}

function stillOff(left: readonly Unmovable[]): UserError {
    const lines = left.map(({ service, stable, why: said }) => `${service} is not on ${stable} still: ${said}`);
    return new UserError({ what: lines.join("\n") });
}

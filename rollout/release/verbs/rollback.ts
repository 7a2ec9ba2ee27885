import { UserError } from "../../../components/userError";
import { ExitCode } from "../../exitCode";
import { ended } from "../ended";
import { abortedBy, applyUntil, backAt, giveRoutesBack, goBackTogether, settleBack } from "../back";
import type { Weights } from "../../../components/traffic/split/weights";
import type { WeightsOf } from "../hands";
import { givenOf, type ManyHands, serviceIn, type Services, type Unmovable } from "../manyHands";
import type { Off } from "../members";
import type { ReleasedService } from "../service";
import { secondsOf, secondsSince } from "../durations";
import type { ReleaseSettings } from "../settings";
import { parseSteps } from "../steps";
import { type About, interruptible, manyHandsFor, restFor } from "./about";

/** How users go back. */
export interface RollbackOptions {
    /** Step by step, as they came, and not at once: for caches that would be cold. */
    readonly gradual?: boolean | undefined;
    /** How long each share stays on the gradual way. Default: what the release says, 2m where none is declared. */
    readonly bake?: string | undefined;
}

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

/** Why, for the stack's history. */
const why = "somebody asked for it";

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

/** How a command names those whose users go back: a service stands for all that are released with it. Undefined is every one. */
interface Named {
    readonly named: readonly string[] | undefined;
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

/**
 * Takes every service one step down by one update, then waits, then takes the next, until all are on stable. That they come back is
 * written down first: a driver that runs ends.
 *
 * @returns whether it was interrupted.
 */
async function goBackGradually(
    all: readonly Off[],
    hands: ManyHands,
    { bake: given, named }: Pick<RollbackOptions, "bake"> & Named,
): Promise<boolean> {
    const { release } = await import("../settings");
    const ways = new Map<string, number[]>();
    let bake = given === undefined ? 0 : secondsOf(given);
    const declared = readable(await hands.settings());
    for (const { service, to, served } of all) {
        const settings = declared[service] ?? release.parse({ to });
        // Of a chain those of its services who have followed may have more than its edge.
        const shares = [served, ...(served.chain?.services ?? [])].map(({ weights }) => weights[to] ?? 0);
        ways.set(service, sharesBelow(settings.steps, Math.max(...shares)));
        if (given === undefined) bake = Math.max(bake, secondsOf(settings.bake));
    }
    for (const { service, served } of all) hands.tell({ kind: "goesBack", service, to: served.stable, why });
    const rounds = Math.max(...[...ways.values()].map((way) => way.length));
    for (let round = 0; round < rounds; round++) {
        const shareOf = ({ service }: Off): number => ways.get(service)?.[round] ?? 0;
        const weights = backAt(all, shareOf);
        const step = all.map((one) => `${one.service} ${shareOf(one)}`).join(", ");
        for (const one of all)
            hands.tell({ kind: "step", step: `${one.service} ${shareOf(one)}`, weights: weights[one.service] ?? {} });
        await hands.write(abortedBy(all), weights);
        const began = Date.now();
        await applyUntil(hands, `back step by step, ${step}: ${why}`, weights, all);
        hands.tell({ kind: "applied", step, seconds: secondsSince(began), ...givenOf(weights) });
        if (round + 1 < rounds) await restFor(bake, hands);
        if (round + 1 < rounds && hands.isInterrupted) {
            const name = named?.join(" ") ?? "--all";
            const words = `The users stay where they are (${step} %). All at once: npx upshift rollback ${name}${hands.where}\n  fix: npx upshift rollback ${name}${hands.where} --gradual`;
            hands.tell({ kind: "ends", outcome: "held", words });
            return true;
        }
    }
    return false;
}

/**
 * The shares on the way back, by the steps on which the version came.
 *
 * @param text of the steps; those that can't be read are no reason to stay.
 */
export function sharesBelow(text: string, share: number): number[] {
    const { steps } = parseSteps(text, "steps");
    const below = steps.flatMap((step) => (step.kind === "weight" && step.percent < share ? [step.percent] : []));
    return [...[...new Set(below)].sort((one, other) => other - one), 0];
}

/** What the config says of the services, and where users are by now. */
interface Look {
    readonly settings: Readonly<Record<string, ReleaseSettings>>;
    readonly live: WeightsOf;
    /** Where the config would have them by the next update, which is made to bring others back. */
    readonly asked: WeightsOf;
}

const unseen: Look = { settings: {}, live: {}, asked: {} };

/** What the config says wrong keeps nobody from going back, nor does a cluster that does not answer: the update may reach it. */
async function lookAt(found: Services, hands: ManyHands): Promise<Look> {
    const seen = hands.live(found).catch((error: Error): WeightsOf => {
        const why = `not seen, so users are where they were last applied: ${error.message}`;
        hands.tell({ kind: "waits", step: "cluster", why });
        return {};
    });
    const asked = hands.asked(found).catch((): WeightsOf => ({}));
    const [settings, live] = await Promise.all([hands.settings(), seen]);
    return { settings: readable(settings), live, asked: await asked };
}

function readable(settings: Awaited<ReturnType<ManyHands["settings"]>>): Record<string, ReleaseSettings> {
    return Object.fromEntries(
        Object.entries(settings).flatMap(([service, one]) => (one instanceof Error ? [] : [[service, one]])),
    );
}

/** Those of some services whose users are off stable, or are to be brought off it by a release that is declared. */
function offIn(all: readonly ReleasedService[], { settings, live, asked }: Look): Off[] {
    return all.flatMap((served): Off[] => {
        const { name: service, stable } = served;
        const { to: declared, aborted } = settings[service] ?? {};
        const found = releasedNow(served, live[service], settings[service]) ?? askedNow(served, asked[service]);
        const to = found ?? (declared === aborted ? undefined : declared);
        return to === undefined || to === stable ? [] : [{ service, served, to }];
    });
}

/** The version that a release has brought users, whoever else has some: its driver is to hear of it. Without a release, the one with most. */
function releasedNow(
    served: ReleasedService,
    live: Weights | undefined,
    settings?: ReleaseSettings,
): string | undefined {
    const { to } = settings ?? {};
    const hasUsers = to !== undefined && ((served.weights[to] ?? 0) > 0 || (live?.[to] ?? 0) > 0);
    return hasUsers && to !== served.stable ? to : mostOffStable(served, live);
}

/** The version apart from stable that has most users, as applied or by now; undefined where stable has all. */
function mostOffStable(served: ReleasedService, live?: Weights): string | undefined {
    return versionsOffStable(served, live)[0];
}

/** The version that the config would bring users though all are on stable: the next update would take them there. */
function askedNow({ stable, weights }: ReleasedService, asked: Weights = {}): string | undefined {
    const known = Object.fromEntries(Object.entries(asked).filter(([version]) => version in weights));
    return versionsOffStable({ stable, weights: known })[0];
}

/** All of these that have users, the one with most first. */
function versionsOffStable(
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
function testedNow({ headerTo, stable }: ReleasedService, settings: ReleaseSettings | undefined): string | undefined {
    if (!settings || settings.to === stable || settings.aborted === settings.to) return undefined;
    return headerTo === settings.to ? settings.to : undefined;
}

function stillOff(left: readonly Unmovable[]): UserError {
    const lines = left.map(({ service, stable, why: said }) => `${service} is not on ${stable} still: ${said}`);
    return new UserError({ what: lines.join("\n") });
}

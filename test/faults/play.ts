import * as os from "node:os";
import { setTimeout as after } from "node:timers/promises";
import { stackOutputs } from "../../systems/play/outputs";
import { configure } from "../../systems/play/tell";
import { measure } from "../../systems/play/measure";
import { verificationOf, type Verification } from "../../rollout/verify";
import type { Random } from "../support/gateTraffic";
import type { Bench } from "./bench";
import type { Allowed, Fault, Scene, Where } from "./scene";
import { together, type Slice } from "./traffic";
import { testersHeader, type End, type Transition } from "./transitions";
import { type Ended, User } from "./user";

/** What became of a step with a fault in it. */
export interface Outcome {
    readonly fault: string;
    readonly transition: string;
    /** `100/0 → 80/20` */
    readonly step: string;
    /** Seconds after the step's begin at which the fault happened. */
    readonly at: number;
    /** Seconds from its begin to its end. */
    readonly stood?: number;
    readonly requests: number;
    readonly failed: number;
    readonly failures: Readonly<Record<string, number>>;
    /** Seconds from the fault until requests no longer failed; 0 where none did. */
    readonly unserved: number;
    /** Seconds from the fault until the step was made. */
    readonly wentOn: number;
    /** What the user typed after the step's own `pulumi up`. */
    readonly typed: readonly string[];
    /** How many processes wanted a processor when all was over: the machine's load average of the last minute. */
    readonly load?: number | undefined;
    /** What is not as it has to be; empty where all is well. */
    readonly complaints: readonly string[];
}

/** How a fault is played. */
export interface Playing {
    /** Seconds for which something stands still. */
    readonly stopSeconds: number;
    readonly random: Random;
}

/** Requests that are looked at once all is over: enough for a share of 20 % to be known to 6 points. */
const sample = 600;

/** Makes a step of a transition under load, with a fault in the middle of it, goes on as a user would, and looks at all of it. */
export async function play(bench: Bench, fault: Fault, transition: Transition, playing: Playing): Promise<Outcome> {
    await bench.turnTo(transition);
    if (fault.isTakenBack || fault.isOutward) await bench.goBack();
    const where = { cluster: bench.name, transition };
    try {
        const prefix = (await fault.before?.prepare(where)) ?? [];
        return await prepared(bench, fault, where, prefix, playing);
    } finally {
        await fault.before?.tidy(where);
    }
}

/** The same, once what the fault needs is there. @param prefix what the user's commands are begun with */
async function prepared(
    bench: Bench,
    fault: Fault,
    where: Where,
    prefix: readonly string[],
    { stopSeconds, random }: Playing,
): Promise<Outcome> {
    const { transition } = where;
    const traffic = await bench.load(fault.isOutside);
    const calm = await traffic.next(200);
    const { from, to } = bench.ends();
    const goal = fault.isTakenBack ? from : to;
    const user = new User(bench.name, prefix);
    const command = fault.command?.(transition) ?? "pulumi up";
    if (!fault.command) await configure(bench.name, to);

    const began = Date.now();
    const step = await user.start(command);
    await after((fault.at ?? random()) * bench.stepSeconds * 1000);
    const struck = Date.now();
    const scene: Scene = { ...where, from, to, step, user, traffic, stopSeconds };
    const complaints = [...((await fault.strike(scene)) ?? [])];
    const over = Date.now();

    const ended = await step.ended;
    if (!fault.isOutside)
        complaints.push(...illegal(await bench.shares(), [from.live, to.live, transition.between, fault.foreign]));
    if (fault.isTakenBack) complaints.push(...(await takenBack(bench, user, ended, from, fault.says)));
    else await user.goOn(ended, async () => (await bench.shares()) === to.live, transition.service);
    const wentOn = Date.now();
    if (!fault.isTakenBack) bench.arrived();

    const late = Math.max(over + (fault.mayFail?.seconds ?? 0) * 1000, wentOn);
    const last = await settled(traffic, late);
    const seen = traffic.touching(began);
    const all = together(seen);
    complaints.push(
        ...(calm.failed > 0 ? [`${calm.failed} requests failed before the fault: ${words(calm.failures)}`] : []),
        ...unexplained(seen, { struck, over, allowed: fault.mayFail }),
        ...wrong(verificationOf(transition.service, goal.users, last.versions[transition.service] ?? {}, last)),
        ...(await wrongForTesters(bench, transition, goal)),
    );
    if (fault.isOutside) await bench.quiet();
    return {
        fault: fault.name,
        transition: transition.name,
        step: `${from.live} → ${goal.live}`,
        at: (struck - began) / 1000,
        stood: (over - struck) / 1000,
        requests: all.requests,
        failed: all.failed,
        failures: all.failures,
        unserved: Math.max(0, ...seen.filter(({ failed }) => failed > 0).map((slice) => (slice.to - struck) / 1000)),
        wentOn: (wentOn - struck) / 1000,
        typed: user.typed,
        load: os.loadavg()[0],
        complaints,
    };
}

/** Waits for a sample without failed requests; after a moment until which requests may fail, takes the next one as it is. */
async function settled(traffic: Scene["traffic"], late: number): Promise<Slice> {
    for (;;) {
        const begun = Date.now();
        const seen = await traffic.next(sample);
        if (seen.failed === 0 || begun > late) return seen;
    }
}

/** Gives a step up that must not be made, and tells if it was made all the same. */
async function takenBack(
    bench: Bench,
    user: User,
    { command, code, printed }: Ended,
    from: End,
    says = /./,
): Promise<string[]> {
    if (code === 0) return [`${command} went well:\n${printed.slice(-600)}`];
    if (!says.test(printed)) return [`${command} was not made for another reason:\n${printed.slice(-600)}`];
    if (command === "pulumi up") {
        await configure(bench.name, from);
        user.typed.push("pulumi config set …");
        const { code: failed, printed: said } = await user.type("pulumi up");
        if (failed !== 0) return [`the way back failed:\n${said.slice(-600)}`];
    }
    const shares = await bench.shares();
    return shares === from.live ? [] : [`the cluster has ${shares} instead of ${from.live} after it was given up`];
}

/** Shares that the cluster had when the step's command had ended, and that no step leads to. */
function illegal(shares: string, legal: readonly (string | undefined)[]): string[] {
    return legal.includes(shares)
        ? []
        : [`the cluster had ${shares} after the step, which is none of ${legal.filter(Boolean).join(", ")}`];
}

/** Failed requests that the fault does not explain: too early, too late, or with other words. */
export function unexplained(
    seen: readonly Slice[],
    { struck, over, allowed }: { struck: number; over: number; allowed?: Allowed | undefined },
): string[] {
    return seen
        .filter(({ failed }) => failed > 0)
        .flatMap((slice) => {
            const when = `${((slice.from - struck) / 1000).toFixed(1)} s after the fault`;
            const said = `${slice.failed} of ${slice.requests} requests failed ${when}: ${words(slice.failures)}`;
            if (!allowed) return [said];
            if (slice.to < struck || slice.from > over + allowed.seconds * 1000) return [`${said} (out of its time)`];
            const others = Object.keys(slice.failures).filter((why) => !allowed.says.test(why));
            return others.length > 0 ? [`${said} (not by the fault)`] : [];
        });
}

function wrong({ service, ok, failed, failures, shares }: Verification): string[] {
    if (ok) return [];
    const measured = shares.map(
        ({ version, measured, expected }) => `${version} ${measured.toFixed(1)} % instead of ${expected} %`,
    );
    return [
        `after the step, ${service} has ${measured.join(", ")}${failed > 0 ? `, and ${failed} failed: ${words(failures)}` : ""}`,
    ];
}

async function wrongForTesters(bench: Bench, { story, service }: Transition, { testers }: End): Promise<string[]> {
    if (!testers) return [];
    const wanted = { services: [service], requests: 100, rate: 50, headers: testersHeader };
    return (await measure(story, await stackOutputs(bench.name), wanted)).flatMap(wrong);
}

function words(failures: Readonly<Record<string, number>>): string {
    return Object.entries(failures)
        .map(([why, count]) => `${count} × ${why}`)
        .join(", ");
}

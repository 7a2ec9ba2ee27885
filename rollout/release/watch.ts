import { combined } from "../gate/gate";
import { goBack } from "./back";
import type { Ending, Hands } from "./hands";
import { type Limit, limitOf, refusalOf, shortest, waitsFor, wordOfWait } from "./kinds/waiting";
import { argumentsOf, type Moved } from "./members";
import { isBaked, type LookAt } from "./gateWatch";
import { leftOf } from "./left";
import { type Said, ServiceWatch } from "./serviceWatch";
import { secondsSince } from "./durations";
import type { ReleaseSettings } from "./settings";
import { isWait, nameOf, type ReleaseStep, type Wait } from "./steps";
import { type Heard, heardOf, isAborted, toldOtherwise, wordsTaken } from "./toldOtherwise";

/** One look at a service, with what the config said of it then. */
interface Look extends Heard {
    readonly said: Said;
}

/**
 * Looks at the steps of one release: by the gates and checks of its services, by the clock, and by what people say in the config
 * meanwhile. What is released together goes on when all of them pass, and goes back when one fails.
 */
export class StepWatch {
    private readonly watches = new Map<string, ServiceWatch>();
    /** What the gates have said last. */
    private last?: string;
    /** Whose word has ended waits since the last step. */
    private words: string[] = [];
    private paused = 0;

    /**
     * @param hands of any of the services: what is no service's own is done by them.
     * @param instead settings that hold in the place of the config's, such as another time to bake.
     */
    constructor(
        private readonly hands: Hands,
        private readonly instead: Pick<Partial<ReleaseSettings>, "bake"> = {},
    ) {}

    /** Why the last step was left and how long it was paused, for the history of the next, once; undefined before the first gate. */
    takeEvidence(): string | undefined {
        const paused = Math.round(this.paused);
        const said = [this.last, ...(paused > 0 ? [`paused ${paused} s`] : []), ...this.words];
        [this.paused, this.words] = [0, []];
        return said.filter(Boolean).join("; ") || undefined;
    }

    /** Looks at one of the steps until it may be left. @returns how the release ended, where it did */
    async passed(
        steps: readonly ReleaseStep[],
        position: number,
        moved: readonly Moved[],
    ): Promise<Ending | undefined> {
        const step = steps[position] as ReleaseStep;
        const watches = moved.map(({ service }) => this.watches.get(service) ?? new ServiceWatch(moved));
        moved.forEach(({ service }, index) => this.watches.set(service, watches[index] as ServiceWatch));
        let isPassed = false;
        try {
            await Promise.all(watches.map((watch, index) => watch.begin(step, moved[index] as Moved)));
            const ended = await this.watched(steps, position, moved);
            isPassed = ended === undefined;
            return ended;
        } finally {
            await Promise.all(watches.map((watch) => watch.end(isPassed)));
        }
    }

    private async watched(
        steps: readonly ReleaseStep[],
        position: number,
        moved: readonly Moved[],
    ): Promise<Ending | undefined> {
        const step = steps[position] as ReleaseStep;
        const began = Date.now();
        let isPassed = false;
        let pausedSince: number | undefined;
        for (;;) {
            const heard = await this.heard(moved);
            const isPaused = heard.some(({ settings }) => settings.paused);
            if (pausedSince !== undefined) this.paused += secondsSince(pausedSince);
            pausedSince = isPaused ? Date.now() : undefined;
            const told = await toldOtherwise(heard, step.name, began);
            if (told && "outcome" in told) return told;
            if (told) {
                if (told.by !== undefined) this.last = `${step.name} passed by ${told.by}`;
                return undefined;
            }
            // Only after the config was read anew: what somebody has said during the last look counts before what it found.
            if (isPassed && !isPaused) return undefined;
            const looks = await Promise.all(heard.map((one) => this.look(one, { step, position, began })));
            this.tell(steps, position, looks, secondsSince(began));
            isPassed = looks.every(
                ({ said, settings }) => said.verdict === "pass" || (!settings.enforce && isBaked(settings, began)),
            );
            const failed = looks.filter(({ said, settings }) => said.verdict === "fail" && settings.enforce);
            if (failed.length === 0) continue;
            const { reason: why } = combined(failed.map(({ said }) => said));
            if (failed.every(({ settings }) => settings.onFail === "hold"))
                return {
                    outcome: "held",
                    words: `${why}\nThe users stay where they are.\n  fix: npx upshift abort ${moved[0]?.service}${this.hands.where}`,
                };
            return back(moved, why);
        }
    }

    private async heard(moved: readonly Moved[]): Promise<Heard[]> {
        const heard = await heardOf(moved);
        return heard.map(({ member, settings }) => ({ member, settings: { ...settings, ...this.instead } }));
    }

    private async look(heard: Heard, at: Omit<LookAt, "settings">): Promise<Look> {
        const { member, settings } = heard;
        const watch = this.watches.get(member.service) as ServiceWatch;
        return { ...heard, said: await watch.look(member, { ...at, settings }) };
    }

    /** What was found: the word of all is that of the slowest, or of one that fails. */
    private tell(steps: readonly ReleaseStep[], position: number, looks: readonly Look[], seconds: number): void {
        const { kind, name: step } = steps[position] as ReleaseStep;
        for (const { said, settings } of looks)
            for (const one of said.fresh)
                this.hands.tell({ kind: "check", step, ...one, isEnforced: settings.enforce });
        const { verdict, reason, deciding } = combined(looks.map(({ said, settings }) => ({ ...said, settings })));
        const isEnforced = deciding.some(({ settings }) => settings.enforce);
        const traffic = looks.flatMap(({ said }) => said.traffic);
        const isPaused = looks.some(({ settings }) => settings.paused);
        const left = isPaused ? {} : leftOf(steps, position, looks, seconds);
        const where = { step, position: position + 1, steps: steps.length };
        if (kind !== "header")
            this.hands.tell({ kind: "gate", ...where, verdict, reason, isEnforced, seconds, traffic, left });
        if (kind !== "header" || looks.some(({ said }) => !said.isUnchecked))
            this.last = `${step} ${verdict}: ${reason}`;
    }

    /** Waits at the pauses and approvals after a step. @returns the step after them, or how the release ended there */
    async beyondPauses(
        steps: readonly ReleaseStep[],
        position: number,
        moved: readonly Moved[],
    ): Promise<number | Ending> {
        const passed = nameOf(steps, position);
        let next = position + 1;
        for (let step = steps[next]; isWait(step); step = steps[++next]) {
            const began = Date.now();
            const ended = await this.waited(step, passed, moved);
            if (ended) return ended;
            this.paused += secondsSince(began);
        }
        return next;
    }

    private async waited(step: Wait, passed: string, moved: readonly Moved[]): Promise<Ending | undefined> {
        const { hands } = this;
        const settings = (await this.heard(moved)).map((one) => one.settings);
        const limit = shortest(settings.map((one) => limitOf(step, one)));
        const began = Date.now();
        const tells = (refusal = ""): void => {
            const how = `npx upshift promote ${moved[0]?.service}${hands.where}`;
            hands.tell({ kind: "waits", step: step.name, why: `${refusal}${waitsFor(step, limit, how)}` });
        };
        tells();
        for (;;) {
            const heard = await this.heard(moved);
            const refused = heard.some(isAborted) ? [] : refusedIn(heard, step, passed);
            if (refused.length > 0) {
                await hands.write(wordsTaken(refused.map(({ one }) => one)));
                tells(`${refused[0]?.refusal}; it waits `);
                continue;
            }
            // A wait has an end of its own, or none: what can't be judged has another.
            const told = await toldOtherwise(heard, passed, Date.now());
            if (told && "outcome" in told) return told;
            if (told) {
                const word = wordOfWait(step, told.by);
                if (word !== undefined) this.words.push(word);
                return undefined;
            }
            const isPaused = heard.some((one) => one.settings.paused);
            if (limit && secondsSince(began) >= limit.seconds && !isPaused) return this.expired(step, limit, moved);
            await hands.rest(pauseLookSeconds);
        }
    }

    /** What is done where a wait is over without anybody's word. */
    private async expired(
        { name }: Wait,
        { seconds, then }: Limit,
        moved: readonly Moved[],
    ): Promise<Ending | undefined> {
        if (then === "over" || then === "goOn") return undefined;
        const why = `Nobody let it go on from ${name} within ${seconds} s.`;
        if (then === "hold")
            return {
                outcome: "held",
                words: `${why} The users stay where they are.\n  fix: npx upshift release ${argumentsOf(moved)}${this.hands.where}`,
            };
        return back(moved, why);
    }
}

/** Gives the users back by the routes as they are applied now: a step is watched for long, and others update the stack meanwhile. */
async function back(seen: readonly Moved[], why: string): Promise<Ending> {
    const moved = seen.map(async (one) => ({ ...one, served: await one.hands.served().catch(() => one.served) }));
    await goBack(await Promise.all(moved), why);
    return { outcome: "rolledBack", words: why };
}

/** Words that do not let a wait go on, each with why. */
function refusedIn(heard: readonly Heard[], step: Wait, passed: string): { one: Heard; refusal: string }[] {
    return heard.flatMap((one) => {
        const refusal = one.settings.promoted === passed ? refusalOf(step, one.settings.promotedBy) : undefined;
        return refusal === undefined ? [] : [{ one, refusal }];
    });
}

/** Seconds between two looks at the config while a release pauses. */
const pauseLookSeconds = 2;

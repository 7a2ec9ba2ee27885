import { combined } from "../gate/gate";
import { goBack, goBackAsApplied } from "./back";
import type { Ending, Hands } from "./hands";
import { Listener } from "./listener";
import type { Moved } from "./members";
import { isBaked, type LookAt } from "./gateWatch";
import { leftOf } from "./left";
import { waited } from "./pauses";
import { type Said, ServiceWatch } from "./serviceWatch";
import { secondsSince } from "./durations";
import type { ReleaseSettings } from "./settings";
import { isWait, nameOf, type ReleaseStep } from "./steps";
import { abortedWords, endedBy, type Heard, isAborted, isPausedBy, letGoOnBy, tooLate } from "./toldOtherwise";

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
    private readonly listener: Listener;

    /**
     * @param hands of any of the services: what is no service's own is done by them.
     * @param instead settings that hold in the place of the config's, such as another time to bake.
     */
    constructor(
        private readonly hands: Hands,
        instead: Pick<Partial<ReleaseSettings>, "bake"> = {},
    ) {
        this.listener = new Listener(hands, instead);
    }

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
        const { name } = steps[position] as ReleaseStep;
        const began = Date.now();
        let isPassed = false;
        let pausedSince: number | undefined;
        let paused = 0;
        for (;;) {
            const { heard, isCurrent } = await this.listener.hear(moved, name);
            const sincePause = pausedSince === undefined ? 0 : secondsSince(pausedSince);
            [paused, this.paused] = [paused + sincePause, this.paused + sincePause];
            const ended = endedBy(heard);
            if (ended) return ended;
            const told = await letGoOnBy(heard, name);
            if (told?.by !== undefined) this.last = `${name} passed by ${told.by}`;
            if (told) return undefined;
            const isPaused = isPausedBy(heard, name);
            pausedSince = isPaused ? Date.now() : undefined;
            // Only after the config was read anew: what somebody has said during the last look counts before what it found.
            if (isPassed && !isPaused && isCurrent) return undefined;
            const late = isPaused ? undefined : tooLate(heard, name, began + paused * 1000);
            if (late) return late;
            const found = await this.look(steps, position, heard, began);
            if (typeof found !== "boolean") return found;
            isPassed = found;
        }
    }

    /** One look more at a step that was passed, while something else keeps the next from being taken: it lets nothing go on. */
    async lookOn(
        steps: readonly ReleaseStep[],
        position: number,
        moved: readonly Moved[],
    ): Promise<Ending | undefined> {
        const { heard } = await this.listener.hear(moved, nameOf(steps, position));
        return endedBy(heard) ?? this.failing(steps, position, heard);
    }

    /** Whether somebody has ended the release since the last look; as long as the config can't be read, it is looked on. */
    async ended(steps: readonly ReleaseStep[], position: number, moved: readonly Moved[]): Promise<Ending | undefined> {
        for (;;) {
            const { heard, isCurrent } = await this.listener.hear(moved, nameOf(steps, position));
            const ended = endedBy(heard);
            if (ended || isCurrent) return ended;
            const failing = await this.failing(steps, position, heard);
            if (failing) return failing;
        }
    }

    /** How a release ends by one look at a step that was passed. Before the first, at -1, there is nothing to look at. */
    private async failing(
        steps: readonly ReleaseStep[],
        position: number,
        heard: readonly Heard[],
    ): Promise<Ending | undefined> {
        if (position < 0) {
            await this.hands.rest(lookSeconds);
            return undefined;
        }
        const found = await this.look(steps, position, heard, Date.now());
        return typeof found === "boolean" ? undefined : found;
    }

    /**
     * Whether somebody has aborted the release while a step was being taken. That has given users back, and the step may have moved
     * them again after it: then they are given back once more.
     *
     * @param moved as they are applied now.
     */
    async abortedMeanwhile(step: string, moved: readonly Moved[]): Promise<Ending | undefined> {
        const { heard } = await this.listener.hear(moved, step);
        const aborted = heard.find(isAborted)?.member;
        if (!aborted) return undefined;
        const ending = abortedWords(aborted);
        if (moved.some(({ to, served }) => (served.weights[to] ?? 0) > 0)) await goBack(moved, ending.words);
        return ending;
    }

    /** One look at all services. @returns whether the step passes by it, or how the release ended */
    private async look(
        steps: readonly ReleaseStep[],
        position: number,
        heard: readonly Heard[],
        began: number,
    ): Promise<boolean | Ending> {
        const step = steps[position] as ReleaseStep;
        const looks = await Promise.all(heard.map((one) => this.lookAt(one, { step, position, began })));
        this.tell(steps, position, looks, secondsSince(began));
        const failed = looks.filter(({ said, settings }) => said.verdict === "fail" && settings.enforce);
        if (failed.length === 0)
            return looks.every(
                ({ said, settings }) => said.verdict === "pass" || (!settings.enforce && isBaked(settings, began)),
            );
        const moved = heard.map(({ member }) => member);
        const { reason: why } = combined(failed.map(({ said }) => said));
        if (failed.every(({ settings }) => settings.onFail === "hold"))
            return {
                outcome: "held",
                words: `${why}\nThe users stay where they are.\n  fix: npx upshift abort ${moved[0]?.service}${this.hands.where}`,
            };
        return goBackAsApplied(moved, why);
    }

    private async lookAt(heard: Heard, at: Omit<LookAt, "settings">): Promise<Look> {
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
            const ended = await waited({ step, passed, moved }, this.hands, this.listener);
            if ("outcome" in ended) return ended;
            if (ended.word !== undefined) this.words.push(ended.word);
            this.paused += secondsSince(began);
        }
        return next;
    }
}

/** Seconds between two looks at a config that can't be read. */
const lookSeconds = 2;

import { milliseconds } from "../../../components/traffic/world/durations";
import type { Verdict } from "../gate";
import type { About, Answer, Asker } from "./check";
import { failuresOf, type Check } from "./settings";
import { oneLine } from "./words";

/** What one check has said last, at one step. */
export interface CheckWord extends Answer {
    readonly check: string;
}

/** The further checks of a release, which are asked at each of its steps from their first one on. */
export class StepChecks {
    private readonly askers: readonly { readonly check: Check; readonly asker: Asker }[];

    /**
     * @param steps names of the release's steps, in order.
     * @param open makes who asks. Called once for each check.
     * @throws with every check that can't be asked ever.
     */
    constructor(
        checks: readonly Check[],
        private readonly steps: readonly string[],
        open: (check: Check, index: number) => Asker,
    ) {
        const problems: string[] = [];
        this.askers = checks.flatMap((check, index) => {
            try {
                return [{ check, asker: open(check, index) }];
            } catch (error) {
                problems.push((error as Error).message);
                return [];
            }
        });
        if (problems.length > 0) throw new Error(problems.join("\n"));
    }

    /** Those that hold at a step, none of which was asked yet. */
    at(about: About): ChecksOfStep {
        const place = this.steps.indexOf(about.step);
        const own = this.askers.filter(
            ({ check: { from } }) => from === undefined || this.steps.indexOf(from) <= place,
        );
        return new ChecksOfStep(own.map(({ check, asker }) => new Asked(check, asker, about)));
    }
}

/** The checks of one step. They are asked beside the gate and never waited for: what takes minutes must not keep it from giving users back. */
export class ChecksOfStep {
    constructor(private readonly asked: readonly Asked[]) {}

    get isEmpty(): boolean {
        return this.asked.length === 0;
    }

    /** Asks those whose time has come. */
    ask(): void {
        for (const one of this.asked) one.askIfDue();
    }

    /** What each says now, and the answers since the last look. */
    look(): { readonly all: readonly CheckWord[]; readonly fresh: readonly CheckWord[] } {
        return {
            all: this.asked.map((one) => one.word),
            fresh: this.asked.flatMap((one) => (one.takeFresh() ? [one.word] : [])),
        };
    }

    /** Ends what still runs. @param isPassed whether the step was passed: then what was made for it is taken away. */
    async end(isPassed: boolean): Promise<void> {
        await Promise.all(this.asked.map((one) => one.end(isPassed)));
    }
}

/** One check at one step: when it was asked, what it said, and how often in a row that was bad. */
class Asked {
    private readonly stop = new AbortController();
    private last: Answer = { verdict: "inconclusive", evidence: "was not asked yet" };
    private bad = 0;
    private isAsking = false;
    private isFresh = false;
    private dueAt = 0;

    constructor(
        private readonly check: Check,
        private readonly asker: Asker,
        private readonly about: About,
    ) {}

    get word(): CheckWord {
        return { check: this.check.name, ...this.last };
    }

    takeFresh(): boolean {
        const was = this.isFresh;
        this.isFresh = false;
        return was;
    }

    askIfDue(): void {
        if (this.isAsking || Date.now() < this.dueAt) return;
        this.isAsking = true;
        void this.asker.ask(this.about, this.stop.signal).then(
            (answer) => this.hear(answer),
            (error: unknown) => this.hear({ verdict: "inconclusive", evidence: oneLine((error as Error).message) }),
        );
    }

    async end(isPassed: boolean): Promise<void> {
        this.stop.abort();
        // What can't be taken away now goes by itself later.
        if (isPassed) await this.asker.passed?.(this.about).catch(() => undefined);
    }

    private hear(answer: Answer): void {
        this.isAsking = false;
        this.isFresh = true;
        this.dueAt = Date.now() + milliseconds(this.check.every);
        // An answer that says nothing neither adds to a row of bad ones nor ends it.
        if (answer.verdict === "fail") this.bad++;
        else if (answer.verdict !== "inconclusive") this.bad = 0;
        const needed = failuresOf(this.check);
        this.last =
            answer.verdict === "fail" && this.bad < needed
                ? { verdict: "inconclusive", evidence: `${answer.evidence} (bad ${this.bad} of ${needed} times)` }
                : answer;
    }
}

/** The worst of a gate's verdict and those of checks, with the reasons of whoever has it; where all pass, with the gate's. */
export function withChecks(
    gate: { readonly verdict: Verdict; readonly reason: string },
    checks: readonly CheckWord[],
): { readonly verdict: Verdict; readonly reason: string } {
    const all = [gate, ...checks.map(({ check, verdict, evidence }) => ({ verdict, reason: `${check}: ${evidence}` }))];
    const verdict = worst.find((one) => all.some((said) => said.verdict === one)) ?? "pass";
    if (verdict === "pass") return { verdict, reason: [gate.reason, ...checks.map(passedBy)].join(" ") };
    return { verdict, reason: all.flatMap((said) => (said.verdict === verdict ? [said.reason] : [])).join("\n") };
}

const worst: readonly Verdict[] = ["fail", "hold", "inconclusive"];

function passedBy({ check }: CheckWord): string {
    return `${check} passes.`;
}

import type { Bed, Beginning } from "./bed";
import { broughtUp, type Failed, prepared } from "./contenders/all";
import type { Contender } from "./contenders/contender";
import type { Pass } from "./measures/measure";
import type { Figure, Missing, Results } from "./results/results";
import { Load, machine, versions } from "./results/where";

/** Runs of each figure unless somebody wants another number: what a pass' minutes are meant for. */
export const usualRuns = 10;
/** How often set-up and an empty cluster are timed. */
const beginnings = 3;
/** Minutes until what is measured on is there, and until it is gone. */
const around = 6;

/** What a run is made of. */
export interface RunArgs {
    readonly bed: Bed;
    readonly contenders: readonly Contender[];
    readonly passes: readonly Pass[];
    readonly runs: number;
    /** How many services there are, for the measure of many. */
    readonly sizes?: readonly number[] | undefined;
    /** Whether the cluster stays. */
    readonly keep: boolean;
    /** Is told of all that there is after each pass. */
    readonly onTaken: (results: Results) => void;
}

/** Brings up what is measured on, goes through the passes, and takes all of it away. */
export class Run {
    private readonly began = Date.now();
    private readonly load = new Load();
    private readonly figures: Figure[] = [];
    private readonly missing: Missing[] = [];
    private halt: (error: Error) => void = () => undefined;
    private readonly halted = new Promise<never>((_, reject) => (this.halt = reject));
    isStopped = false;

    constructor(private readonly args: RunArgs) {
        this.halted.catch(() => undefined);
    }

    /** Ends it as soon as all that it has started is gone. */
    stop(): void {
        this.isStopped = true;
        this.halt(new Error("It was ended."));
    }

    /** @throws where there is nothing to measure on */
    async measured(): Promise<Results> {
        const { bed, contenders, keep } = this.args;
        const beside = this.args.passes.some((one) => one.needsContenders) ? contenders : [];
        try {
            await Promise.race([this.halted, this.all(beside)]);
        } finally {
            this.load.stop();
            for (const one of beside) await one.down().catch((error: Error) => tell(`  ${one.name}: ${error.message}`));
            if (!keep) await bed.end();
            tell(`${this.minutes} min in all`);
        }
        return this.results;
    }

    private async all(beside: readonly Contender[]): Promise<void> {
        const { bed, passes, onTaken } = this.args;
        const isBegun = passes.some(({ measures }) => measures.some(({ name }) => name === "begin"));
        if (beside.length > 0) tell(`▸ ${beside.length} contenders: what is built once on a machine`);
        const { ready, failed: unprepared } = await prepared(beside, tell);
        tell(`▸ cluster and contenders${this.left(passes)}`);
        const isAlone = passes.every((one) => one.isAlone);
        const began = isAlone ? await bed.beginMesh() : await bed.begin(isBegun ? beginnings : 0, tell);
        const { ready: up, failed: down } = await broughtUp(ready, tell);
        for (const [index, pass] of passes.entries()) {
            if (this.isStopped) return;
            await this.take(pass, up, [...unprepared, ...down], began, passes.slice(index));
            onTaken(this.results);
        }
    }

    /** One that fails as a whole takes nothing from the others. */
    private async take(
        pass: Pass,
        contenders: readonly Contender[],
        failed: readonly Failed[],
        began: Beginning,
        left: readonly Pass[],
    ): Promise<void> {
        const { bed, runs, sizes } = this.args;
        const names = pass.measures.map(({ name }) => name);
        const [first] = pass.measures;
        tell(`▸ ${names.join(", ")}: ${first?.title}${this.left(left)}`);
        const seconds = this.secondsOf(pass);
        const setting = { bed, contenders, runs, seconds, sizes, tell, began };
        const taken = await pass.take(setting).catch((error: Error) => {
            tell(`  can't be measured: ${error.message}`);
            return {
                figures: [],
                missing: names.map((measure) => ({ measure, of: "all of it", why: error.message })),
            };
        });
        this.figures.push(...taken.figures);
        this.missing.push(...taken.missing);
        if (pass.needsContenders)
            this.missing.push(...names.flatMap((measure) => failed.map((one) => ({ measure, ...one }))));
    }

    /** With more runs than usual there is more time, too. */
    private secondsOf({ minutes }: Pass): number {
        return minutes * 60 * Math.max(1, this.args.runs / usualRuns);
    }

    private left(passes: readonly Pass[]): string {
        const measuring = passes.reduce((sum, pass) => sum + this.secondsOf(pass), 0) / 60;
        const all = Math.ceil(measuring) + (passes.length === this.args.passes.length ? around : 1);
        return ` (${this.minutes} min gone, about ${all} left)`;
    }

    private get minutes(): number {
        return Math.round((Date.now() - this.began) / 60_000);
    }

    private get results(): Results {
        return {
            began: new Date(this.began).toISOString(),
            machine: machine(),
            versions: versions(),
            load: this.load.median,
            cores: this.load.cores,
            figures: this.figures,
            missing: this.missing,
        };
    }
}

function tell(line: string): void {
    console.log(line);
}

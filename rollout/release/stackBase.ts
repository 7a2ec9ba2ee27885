import { setTimeout as after } from "node:timers/promises";
import type { ReleaseEvent, Stop, Values, WeightsOf } from "./hands";
import type { Updating } from "./update";
import { whereOf } from "./where";

/**
 * What the hands of one service and those of several do alike in a real stack: they write, update, wait and tell. How the config is
 * read and an update made is loaded when that is done: on the way back users' routes come first, and wait for nothing.
 */
export abstract class StackBase {
    readonly where: string;
    private readonly interruption = new AbortController();

    /**
     * @param folder of the project, where it is another than this one.
     * @param updating what holds for every update.
     */
    constructor(
        readonly stack: string,
        readonly tell: (event: ReleaseEvent) => void,
        protected readonly folder?: string,
        private readonly updating: Updating = {},
    ) {
        this.where = whereOf(stack, folder);
    }

    async write(values: Values, weights: WeightsOf = {}, expected: Values = {}): Promise<Values> {
        const { writeShares } = await import("./shares");
        return writeShares(this.stack, { values, weights, expected }, this.folder);
    }

    async up(message: string): Promise<void> {
        const { update } = await import("./update");
        return update(this.stack, this.folder, `upshift: ${message}`, this.updating, (why) =>
            this.tell({ kind: "waits", step: "pulumi up", why }),
        );
    }

    async stopped(): Promise<Stop | undefined> {
        const { stopOf } = await import("./line");
        return stopOf(this.folder);
    }

    async rest(seconds: number): Promise<void> {
        await after(seconds * 1000, undefined, { signal: this.interruption.signal }).catch(() => undefined);
    }

    get isInterrupted(): boolean {
        return this.interruption.signal.aborted;
    }

    /** Has whoever uses them end after what is being done: a write is never cut off. */
    interrupt(): void {
        this.interruption.abort();
    }
}

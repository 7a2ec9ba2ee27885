import { setTimeout as after } from "node:timers/promises";
import type { ReleaseEvent } from "../hands";
import { worthTelling } from "./message";

/** Somewhere a release is told. */
export interface Channel {
    /** How it is called where it can't be told: a key of the config. */
    readonly name: string;
    /**
     * Tells one event; one after the other, in their order.
     *
     * @param at in seconds since 1970.
     * @param signal ends it early.
     * @throws when it could not be told; the message names no secret.
     */
    tell(event: ReleaseEvent, at: number, signal: AbortSignal): Promise<void>;
    close(): Promise<void>;
}

/** How long what is under way is waited for at the end, in milliseconds. */
const patienceMs = 5_000;

/**
 * Tells others of a release without ever holding it up: events are queued, and what a channel does with them, or does not, is
 * nothing that the release waits for or fails by.
 */
export class Notifier {
    private readonly ending = new AbortController();
    private readonly isWorth = worthTelling();
    private readonly queues: Queue[];

    /** @param warn called with what could not be told: once for each channel. */
    constructor(channels: readonly Channel[], warn: (line: string) => void) {
        this.queues = channels.map((channel) => new Queue(channel, this.ending.signal, warn));
    }

    readonly tell = (event: ReleaseEvent): void => {
        if (!this.isWorth(event)) return;
        const at = Date.now() / 1000;
        for (const queue of this.queues) queue.add(event, at);
    };

    /** Waits for what is under way, but no longer than 5 s: a process has to end. */
    async close(): Promise<void> {
        const done = Promise.all(this.queues.map(({ last }) => last));
        const inTime = new AbortController();
        await Promise.race([done, after(patienceMs, undefined, { signal: inTime.signal }).catch(() => undefined)]);
        inTime.abort();
        this.ending.abort();
        await done;
        await Promise.all(this.queues.map(({ channel }) => channel.close()));
    }
}

/** What is still to be told in one place. */
class Queue {
    last: Promise<void> = Promise.resolve();
    private hasWarned = false;

    constructor(
        readonly channel: Channel,
        private readonly signal: AbortSignal,
        private readonly warn: (line: string) => void,
    ) {}

    add(event: ReleaseEvent, at: number): void {
        const { channel, signal } = this;
        this.last = this.last
            .then(async () => {
                if (signal.aborted) throw new Error("there was no time left");
                await channel.tell(event, at, signal);
            })
            .catch((error: Error) => {
                if (this.hasWarned) return;
                this.hasWarned = true;
                const reason = error.message.replace(/\.$/, "");
                this.warn(`note: ${channel.name} could not be told of "${event.kind}": ${reason}. That is said once.`);
            });
    }
}

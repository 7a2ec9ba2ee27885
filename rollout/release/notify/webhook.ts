import { setTimeout as after } from "node:timers/promises";
import { Agent, request } from "undici";
import type { ReleaseEvent } from "../hands";
import { type About, type Message, messageOf } from "./message";
import type { Channel } from "./notifier";

/** How long one try may take, and how long after the first the second follows, in milliseconds. */
const [tryMs, pauseMs] = [5_000, 500];

/** A webhook in the form of Slack's. Its URL is a secret: neither it nor its host's name is in any message. */
export class Webhook implements Channel {
    readonly name = "notify.webhook";
    private readonly agent = new Agent();

    constructor(
        private readonly url: URL,
        private readonly about: About,
    ) {}

    async tell(event: ReleaseEvent, at: number, signal: AbortSignal): Promise<void> {
        const message = messageOf(event, this.about, at);
        const first = await this.post(message, signal);
        if (first === undefined) return;
        if (first.isFinal) throw new Error(first.why);
        await after(pauseMs, undefined, { signal }).catch(() => undefined);
        const second = await this.post(message, signal);
        if (second !== undefined) throw new Error(second.why);
    }

    async close(): Promise<void> {
        await this.agent.destroy();
    }

    /** @returns why it was not taken; undefined where it was. A redirect is followed nowhere: it is somebody else's address. */
    private async post(message: Message, signal: AbortSignal): Promise<NotTaken | undefined> {
        try {
            const { statusCode: status, body } = await request(this.url, {
                method: "POST",
                headers: { "content-type": "application/json", "user-agent": "upshift" },
                body: JSON.stringify(message),
                dispatcher: this.agent,
                signal: AbortSignal.any([signal, AbortSignal.timeout(tryMs)]),
            });
            await body.dump();
            if (status < 300) return undefined;
            return { why: `it answered ${status}`, isFinal: status < 500 && status !== 429 };
        } catch (error) {
            return { why: reasonOf(error), isFinal: signal.aborted };
        }
    }
}

interface NotTaken {
    readonly why: string;
    /** Whether another try would come to the same. */
    readonly isFinal: boolean;
}

/** Only what kind of failure it was: messages of the network name the address. */
function reasonOf(error: unknown): string {
    const { name, code } = error as NodeJS.ErrnoException;
    if (name === "TimeoutError") return `it did not answer within ${tryMs / 1000} s`;
    return name === "AbortError" ? "there was no time left" : `it can't be reached (${code ?? name})`;
}

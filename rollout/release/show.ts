import type { ReleaseEvent } from "./hands";
import { linesOf } from "./words";

/** Where a release is shown. */
export interface Screen {
    write(text: string): unknown;
    readonly isTTY?: boolean;
    readonly columns?: number;
}

/**
 * Shows a release as it goes on: a line for what happens, and on a terminal the last word of the gate in one line that changes.
 * Without a terminal the gate's word is a line of its own when it is another one, and not each time that it is asked.
 *
 * @param asJson an event a line, for programs.
 */
export function show(screen: Screen, asJson: boolean): (event: ReleaseEvent) => void {
    let last = "";
    const saidBy = new Map<string, string>();
    let isOpen = false;
    return (event) => {
        if (asJson) return void screen.write(`${JSON.stringify({ at: Date.now() / 1000, ...event })}\n`);
        // A check that says the same again has nothing new to tell.
        if (event.kind === "check") {
            const key = `${event.step} ${event.check}`;
            if (saidBy.get(key) === event.verdict) return;
            saidBy.set(key, event.verdict);
        }
        const text = linesOf(event).join("\n");
        const passing = event.kind === "gate" || event.kind === "waits";
        if (screen.isTTY && passing) {
            const width = Math.max(20, (screen.columns ?? 80) - 1);
            screen.write(`\r\x1b[K${text.split("\n")[0]?.slice(0, width)}`);
            isOpen = true;
            return;
        }
        const same = sameAs(event);
        if (same !== "" && same === last) return;
        last = same;
        screen.write(`${isOpen ? "\n" : ""}${text}\n`);
        isOpen = false;
    };
}

/** Of the gate's word only the verdict: its numbers change with every window; of several services that go back it is one word. */
function sameAs(event: ReleaseEvent): string {
    if (event.kind === "gate") return `${event.step} ${event.verdict}`;
    if (event.kind === "goesBack") return `${event.to} ${event.why}`;
    return event.kind === "waits" ? `${event.step} ${event.why}` : "";
}

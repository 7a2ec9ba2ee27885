import type { ReleaseEvent } from "./hands";
import { commandsFor, jsonFor } from "./where";
import { linesOf } from "./words";

/** Where a release is shown. */
export interface Screen {
    write(text: string): unknown;
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
}

/**
 * Shows a release as it goes on: a line for what happens, and on a terminal the last word of the gate, with the figures that it stands on,
 * in a few lines at the end that change. Without a terminal the gate's word is told when it is another one, and else seldom.
 *
 * @param asJson an event a line, for programs.
 * @param where what a command needs to be about the release's stack and project.
 */
export function show(screen: Screen, asJson: boolean, where = ""): (event: ReleaseEvent) => void {
    const saidBy = new Map<string, string>();
    const isRepeated = repeating();
    // Lines at the end of the terminal that the next word takes the place of.
    let open = 0;
    return (event) => {
        const json = (): string => jsonFor(where, { at: Date.now() / 1000, ...event });
        if (asJson) return void screen.write(`${json()}\n`);
        // A check that says the same again has nothing new to tell.
        if (event.kind === "check") {
            const key = `${event.step} ${event.check}`;
            if (saidBy.get(key) === event.verdict) return;
            saidBy.set(key, event.verdict);
        }
        const lines = linesOf(event).map((line) => commandsFor(where, line));
        if (screen.isTTY && (event.kind === "gate" || event.kind === "waits")) {
            const fitting = fitted(lines, screen);
            screen.write(`${open > 1 ? `\x1b[${open - 1}A` : ""}\r\x1b[J${fitting.join("\n")}`);
            open = fitting.length;
            return;
        }
        if (isRepeated(event)) return;
        screen.write(`${open > 0 ? "\n" : ""}${lines.join("\n")}\n`);
        open = 0;
    };
}

/** Lines broken between words as the terminal is wide, and no more than it has: what it breaks or scrolls itself is not written over. */
function fitted(lines: readonly string[], { columns = 80, rows = 24 }: Screen): string[] {
    const width = Math.max(20, columns - 1);
    const broken = new RegExp(`.{1,${width}}(?=\\s|$)|.{${width}}`, "g");
    return lines.flatMap((line) => line.match(broken) ?? []).slice(0, Math.max(1, rows - 1));
}

/** Seconds of a step after which the gate's word is told again, though it is the same; then after twice as many each time. */
const firstAgain = 60;

/**
 * Whether an event has nothing new for whoever reads lines. Of the gate's word its numbers change with every window: it is told again after
 * 1, 2, 4, 8, … minutes of a step, so that an hour has six of them.
 */
function repeating(): (event: ReleaseEvent) => boolean {
    let [last, saidAt] = ["", 0];
    return (event) => {
        const same = sameAs(event);
        const isSame = same !== "" && same === last;
        last = same;
        if (event.kind !== "gate") return isSame;
        if (isSame && event.seconds < Math.max(firstAgain, 2 * saidAt)) return true;
        saidAt = event.seconds;
        return false;
    };
}

/** What makes two events the same to a reader; of several services that go back it is one word. */
function sameAs(event: ReleaseEvent): string {
    if (event.kind === "gate") return `${event.step} ${event.verdict}`;
    if (event.kind === "goesBack") return `${event.to} ${event.why}`;
    return event.kind === "waits" ? `${event.step} ${event.why}` : "";
}

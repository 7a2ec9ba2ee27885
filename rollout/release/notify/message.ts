import type { ReleaseEvent } from "../hands";
import { commandsFor } from "../where";
import { linesOf, sharesOf } from "../words";

/** Whose release it is. */
export interface About {
    readonly project: string;
    readonly stack: string;
    /** Services, as the release was asked for. */
    readonly services: readonly string[];
    /** A login and a machine. */
    readonly who: string;
    /** What a command needs to be about this stack. */
    readonly where: string;
}

/** What is told: for people in the form of Slack's webhooks, and for programs under `event`. */
export interface Message {
    readonly text: string;
    readonly blocks: readonly object[];
    /** What happened, with whose release it is. `at` is in seconds since 1970. */
    readonly event: ReleaseEvent & Omit<About, "where"> & { readonly at: number };
}

/** Letters that Slack shows of a block; it refuses one with 3,000. */
const longest = 2_000;

/**
 * Which events are worth a message, each once: not every look of a gate or an answer of a check, only another word of it that is no
 * good news; what is waited for once, however often it is looked at; and the way back once, of however many services it is.
 */
export function worthTelling(): (event: ReleaseEvent) => boolean {
    const said = new Set<string>();
    return (event) => {
        if (untold.includes(event.kind)) return false;
        // At every other step the gate's word has what the checks say.
        if (event.kind === "check" && event.step !== "header") return false;
        if ("verdict" in event && !["fail", "hold"].includes(event.verdict)) return false;
        const what = keyOf(event);
        if (what === undefined) return true;
        const isNew = !said.has(what);
        said.add(what);
        return isNew;
    };
}

/** What lies between two events that are told. */
const untold: readonly ReleaseEvent["kind"][] = ["step", "back", "plans", "meant", "proves", "proven", "drained"];

/** What makes an event the same as one that was told; undefined where each is told. */
function keyOf(event: ReleaseEvent): string | undefined {
    switch (event.kind) {
        case "gate":
            return `${event.step} ${event.verdict}`;
        case "check":
            return `${event.step} ${event.check}: ${event.verdict}`;
        case "waits":
            // What is counted meanwhile is another number each time.
            return event.step === "drain" ? event.step : `${event.step} ${event.why}`;
        case "goesBack":
            return `${event.to} ${event.why}`;
        default:
            return undefined;
    }
}

/** An event as a message. @param at in seconds since 1970 */
export function messageOf(event: ReleaseEvent, { where, ...about }: About, at: number): Message {
    const { project, stack, services, who } = about;
    const said = clipped(`${marks[event.kind]}${wordsOf(event, services.join(" and "), where)}`, longest);
    const from = `${project}/${stack}, ${who}`;
    return {
        text: escaped(`${said} (${from})`),
        blocks: [
            { type: "section", text: { type: "mrkdwn", text: escaped(said) } },
            { type: "context", elements: [{ type: "mrkdwn", text: escaped(from) }] },
        ],
        event: { ...event, ...about, at },
    };
}

/** A reader sees one message alone: each names the service, and what can be done. */
function wordsOf(event: ReleaseEvent, services: string, where: string): string {
    const lines = commandsFor(where, linesOf(event).join("\n"));
    const named = services === "" ? "" : `${services}: `;
    switch (event.kind) {
        case "begins":
            return `${lines}\nto give everybody back: npx upshift abort ${event.service}${where}`;
        case "applied":
            return `${named}${lines}: ${sharesOf(event)}`;
        default:
            return `${named}${lines}`;
    }
}

const marks: Readonly<Record<ReleaseEvent["kind"], string>> = {
    begins: ":arrow_forward: ",
    step: "",
    applied: ":arrow_up: ",
    waits: ":hourglass: ",
    gate: ":warning: ",
    check: ":warning: ",
    plans: "",
    meant: "",
    proves: "",
    proven: "",
    drained: "",
    goesBack: ":leftwards_arrow_with_hook: ",
    back: "",
    ends: ":checkered_flag: ",
    breaks: ":x: ",
    byHand: ":hand: ",
};

/** A text of at most so many letters. */
export function clipped(text: string, letters: number): string {
    return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

/** What Slack would take for a mention or a link. */
function escaped(text: string): string {
    return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

import { shares } from "../plan/words";
import type { Given, ReleaseEvent } from "./hands";
import { leftWords, trafficWords } from "./progress";

/** What a release says of itself, in lines for people. */
export function linesOf(event: ReleaseEvent): string[] {
    switch (event.kind) {
        case "begins":
            return [
                `${[event, ...(event.with ?? [])].map(({ service, stable, to }) => `${service}: ${stable} → ${to}`).join(", ")} by ${event.steps.join(", ")}${event.goesOnFrom === undefined ? "" : `; it is at ${event.goesOnFrom}, and goes on`}`,
            ];
        case "step":
            return [`${event.step}: ${sharesOf(event)}`];
        case "applied":
            return [`${event.step}: every caller's proxy has it after ${event.seconds.toFixed(1)} s`];
        case "waits":
            return [`${event.step}: waits: ${event.why}`];
        case "gate":
            return [
                `${event.step} (${event.position} of ${event.steps}): ${event.isEnforced ? "" : "(only noted) "}${event.verdict} after ${Math.round(event.seconds)} s${leftWords(event.left)}: ${event.reason}`,
                ...event.traffic.map((one) => `  ${trafficWords(one)}`),
            ];
        case "check":
            return [
                `${event.step}: ${event.isEnforced ? "" : "(only noted) "}${event.check} ${event.verdict}: ${event.evidence}`,
            ];
        case "meant":
            return [
                `${event.service} is part of the chain ${event.chain}, whose edge decides for all its services: it is done to ${event.chain}`,
            ];
        case "proves":
            return [`${event.service}: requests try whether ${event.header}: ${event.to} reaches all its services`];
        case "proven":
            return [
                `${event.service}: ${event.header}: ${event.to} reaches ${Object.entries(event.reached)
                    .map(([service, requests]) => `${service} (${requests} requests)`)
                    .join(", ")}`,
            ];
        case "goesBack":
            return [`back to ${event.to}: ${event.why}`];
        case "back":
            return [`the routes lead everybody to stable again, ${event.seconds.toFixed(2)} s after that was decided`];
        case "plans":
            return [
                `${event.what}, in ${event.steps === 1 ? "1 step" : `${event.steps} steps`}:`,
                ...event.moves.map(({ service, from, to }) => `  ${service}: ${shares(from)} → ${shares(to)}`),
                ...event.notes.map((note) => `  ${note}`),
            ];
        case "drained":
            return [
                `drain: ${event.version} of ${event.service} has had no request for ${event.seconds} s, and none is open`,
            ];
        case "breaks":
            return [`ended by an error: ${event.words}`];
        case "byHand":
            return [`${event.verb}: ${event.words}`];
        case "ends":
            return [`${headings[event.outcome]} ${event.words}`];
    }
}

/** Who is served by what at a step; of several services each by its name. */
export function sharesOf({ weights, with: others = {} }: Given): string {
    const rest = Object.entries(others).map(([service, own]) => `; ${service}: ${shares(own)}`);
    return `${shares(weights)}${rest.join("")}`;
}

const headings = {
    done: "Done.",
    rolledBack: "Rolled back.",
    aborted: "Aborted.",
    held: "Held.",
} as const;

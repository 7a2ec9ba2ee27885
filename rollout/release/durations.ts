import { durationPattern, milliseconds } from "../../components/traffic/world/durations";

/** Whether a text is a duration: `90s`, `1h30m`. */
export function isDuration(text: string): boolean {
    return durationPattern.test(text);
}

/** A duration of the config in seconds. */
export function secondsOf(text: string): number {
    return milliseconds(text) / 1000;
}

/** Seconds from a moment, in milliseconds, until now. */
export function secondsSince(began: number): number {
    return (Date.now() - began) / 1000;
}

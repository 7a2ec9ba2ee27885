import type { Story } from "./story";

/** What a set-up that takes longer tells: what comes then, where to look until then, and that it may be stopped. */
export function meanwhile({ system, steps }: Story, rate: number): string {
    const titles = steps.map(({ title }) => title).join("; ");
    return [
        `When all of this is there, the system ${system} comes up, and a release is played in ${steps.length} steps under ${rate} requests a second, each measured:`,
        `${titles}.`,
        `To read until then: systems/${system}/README.md has the steps and the routes, docs/step.md what happens in one.`,
        "Ctrl-C stops it; the same command goes on from there.",
    ].join("\n");
}

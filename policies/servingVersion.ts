import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { theStep } from "./read/check";
import { findingsIn } from "./read/findings";
import { lossesIn } from "./read/losses";
import { removedIn } from "./read/step";

const name = "serving-version";

/**
 * A version that serves, by weight or by header, stays as it is: its pods are not removed, relabelled, replaced or scaled to 0, and
 * its subset and its Service go on leading to it. Serving is what is applied: the traffic has to be gone before the version goes,
 * since requests are under way.
 */
export const servingVersion: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description: "A version that serves, by weight or by header, is not removed, relabelled or scaled to 0.",
    severity: "critical",
    ...theStep(name, (step, report, { run }) => {
        if (step.unreadable) {
            findingsIn(run, step, {}, ["unreadable"]).forEach((message) => report(message));
            return;
        }
        const losses = step.steps.flatMap(({ before, after }) => lossesIn(before, after, removedIn(run)));
        const said = new Set(losses.map(({ service, version }) => `${service}: ${version} `));
        new Set(losses.map(({ message }) => message)).forEach((message) => report(message));
        // Where callers have nothing left to address, only the judge sees it.
        findingsIn(run, step, {}, ["removal"])
            .filter((message) => ![...said].some((known) => message.startsWith(known)))
            .forEach((message) => report(message));
    }),
};

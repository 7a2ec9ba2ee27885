import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { theStep } from "./read/check";
import { findingsIn } from "./read/findings";

const name = "blue-green";

/** A declared switch of all requests is allowed where it was declared and tested by header before, with as many ready pods as stable has. */
export const blueGreen: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description:
        "A switch that was declared in a step before (annotation `upshift.dev/blue-green: v2`; in our programs config `blueGreen: {review: v2}`) goes to a version that testers could reach in what is applied, with as many ready pods as stable has.",
    severity: "critical",
    configSchema: {
        properties: {
            maxRaise: {
                type: "integer",
                minimum: 1,
                maximum: 100,
                default: 25,
                description: "A larger raise is a switch; the same as in step-size.",
            },
        },
    },
    ...theStep<{ maxRaise: number }>(name, (step, report, { run, config }) =>
        findingsIn(run, step, config, ["switch-untested", "switch-pods"]).forEach((message) => report(message)),
    ),
};

import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import { declaredIn } from "./read/declared";
import { findingsOf, stepOf } from "./read/step";

const name = "blue-green";

/** A declared switch of all requests is allowed where it was tested by header before, with as many ready pods as stable has. */
export const blueGreen: ResourceValidationPolicy = {
    name,
    description:
        "A switch that is declared (config `blueGreen: {review: v2}`, or the annotation `upshift.dev/blue-green: v2`) goes to a version that testers could reach in what is applied, with as many ready pods as stable has.",
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
    validateResource: eachObject<{ maxRaise: number }>(
        name,
        ["VirtualService"],
        async (object, report, { run, config }) => {
            const limits = { ...config, ...declaredIn(run, [object]), maxRaiseTogether: 100 };
            findingsOf(await stepOf(run, object), limits)
                .filter(({ what }) => what.startsWith("switch"))
                .forEach(({ message }) => report(message));
        },
    ),
};

import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import type { FindingCode } from "../components/traffic/judge/findings";
import type { StepLimits } from "../components/traffic/judge/limits";
import { theStep } from "./read/check";
import { findingsIn } from "./read/findings";

const name = "step-size";
const codes: readonly FindingCode[] = [
    ...(["raise", "fails", "new-code", "together", "stable-unserved", "stable-moved"] as const),
    ...(["no-effect", "unreadable"] as const),
];

/** The policy's config. */
type Config = Pick<StepLimits, "maxRaise" | "maxRaiseTogether" | "stable">;

/**
 * A step raises a version by at most N points, by whatever means: the weights of a VirtualService, its rules, hosts and gateways,
 * the pods behind a Service, or other code in them. Moves towards stable are free.
 */
export const stepSize: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description:
        "A step raises a version's share by at most `maxRaise` points; moves towards stable are always allowed.",
    severity: "critical",
    configSchema: {
        properties: {
            maxRaise: { type: "integer", minimum: 1, maximum: 100, default: 25 },
            maxRaiseTogether: {
                type: "integer",
                minimum: 1,
                description:
                    "Points that all services of a group may be raised by together; 100: no such limit. Default: maxRaise.",
            },
            stable: {
                type: "object",
                additionalProperties: { type: "string" },
                default: {},
                description:
                    "The version that a rollback returns to, by service. Default: the mark `upshift.dev/stable` that is applied, then the version that has most users.",
            },
        },
    },
    ...theStep<Config>(name, (step, report, { run, config }) =>
        findingsIn(run, step, config, codes).forEach((message) => report(message)),
    ),
};

import type { ResourceValidationPolicy } from "@pulumi/policy";
import { weightProblems } from "../components/traffic/split/weights";
import { eachObject } from "./read/check";
import { hostsOf, shortHost } from "./read/hosts";
import { bodiesAt, type Body, unknown, type Value } from "./read/object";
import { rulesOf } from "../components/traffic/world/rules";

const name = "whole-weights";

/** Weights are whole numbers that sum to 100, so that everybody who reads them knows what they mean. */
export const wholeWeights: ResourceValidationPolicy = {
    name,
    description: "The weights of a rule are whole numbers from 0 to 100, and sum to 100.",
    severity: "high",
    validateResource: eachObject(name, ["VirtualService"], (object, report) => {
        const [host = ""] = hostsOf(object);
        for (const rule of rulesOf(object)) {
            const routed = bodiesAt(rule.body, "route");
            const at = `${shortHost(host)}, ${rule.name}`;
            const weights = routed.map((one, index) => [
                versionAt(rule.destinations, index),
                weightAt(one, routed.length),
            ]);
            // What a preview does not know is a finding of step-size.
            if (weights.length === 0 || weights.some(([, weight]) => weight === unknown)) continue;
            const versions = weights.map(([version]) => String(version));
            if (new Set(versions).size < versions.length)
                report(`${at}: two destinations are the same version: ${versions.join(", ")}`);
            else
                for (const problem of weightProblems(
                    at,
                    Object.fromEntries(weights) as Record<string, number>,
                    versions,
                ))
                    report(`${problem.at}: ${problem.message}`);
        }
    }),
};

function versionAt(destinations: readonly { version: string }[], index: number): string {
    return destinations[index]?.version ?? "";
}

/** Istio reads a missing weight as all requests where there is one destination, and as none where there are more. */
function weightAt(route: Body, destinations: number): Value {
    return route.weight ?? (destinations === 1 ? 100 : 0);
}

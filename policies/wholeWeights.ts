import type { ResourceValidationPolicy } from "@pulumi/policy";
import { canonical } from "../components/traffic/world/objects";
import { weightProblems } from "../components/traffic/split/weights";
import { eachObject } from "./read/check";
import { fullHost, shortHost } from "../components/traffic/world/hosts";
import { protocols } from "../components/traffic/world/virtualServices";
import { bodiesAt, type Body, type KubeObject, textAt, textsAt, unknown, type Value } from "./read/object";

const name = "whole-weights";

/** Weights are whole numbers that sum to 100, so that everybody who reads them knows what they mean. */
export const wholeWeights: ResourceValidationPolicy = {
    name,
    description: "The weights of a rule are whole numbers from 0 to 100, and sum to 100.",
    severity: "high",
    validateResource: eachObject(name, ["VirtualService"], (object, report) => {
        const [host = object.name] = textsAt(object.body, "spec", "hosts");
        // Read as they are written, not as they hold: what is wrong with a weight is that nobody can tell how it holds.
        const rules = protocols.flatMap((list) => [...bodiesAt(object.body, "spec", list).entries()]);
        for (const [index, rule] of rules) {
            const routed = bodiesAt(rule, "route");
            const at = `${shortHost(fullHost(host, object.namespace))}, ${textAt(rule, "name") ?? `rule ${index + 1}`}`;
            const weights = routed.map(
                (one) => [versionAt(one, routed, object), weightAt(one, routed.length)] as const,
            );
            // What a preview does not know is a finding of step-size.
            if (weights.length === 0 || weights.some(([, weight]) => weight === unknown)) continue;
            const versions = weights.map(([version]) => version);
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

/** A destination's subset, with all else that tells it from the others of its rule: host, port, the headers that it is given. */
function versionAt(one: Body, all: readonly Body[], { namespace }: KubeObject): string {
    const hostOf = (route: Body): string => shortHost(fullHost(textAt(route, "destination", "host") ?? "", namespace));
    const subset = textAt(one, "destination", "subset");
    const isOneHost = all.every((other) => hostOf(other) === hostOf(one));
    const name = subset !== undefined && isOneHost ? subset : [hostOf(one), subset].filter(Boolean).join("/");
    const { weight, ...rest } = one;
    const same = all.filter(
        (other) => textAt(other, "destination", "subset") === subset && hostOf(other) === hostOf(one),
    );
    if (same.length < 2) return name;
    const given = canonical(rest);
    const isTold = same.every((other) => other === one || canonical({ ...other, weight: undefined }) !== given);
    return isTold ? `${name} (${same.indexOf(one) + 1})` : name;
}

/** Istio reads a missing weight as all requests where there is one destination, and as none where there are more. */
function weightAt(route: Body, destinations: number): Value {
    return route.weight ?? (destinations === 1 ? 100 : 0);
}

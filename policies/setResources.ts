import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import { textAt, valueAt } from "./read/object";
import { containersOf, podKinds, podSpecOf } from "./read/podSpec";

const name = "set-resources";
const needed = [
    ["requests", "cpu"],
    ["requests", "memory"],
    ["limits", "memory"],
] as const;

/** Containers say what they need: without requests two versions compete for a node, and the canary looks slow. */
export const setResources: ResourceValidationPolicy = {
    name,
    description: "Containers request CPU and memory, and have a limit of memory.",
    severity: "medium",
    validateResource: eachObject(name, podKinds, (object, report, { props }) => {
        for (const container of containersOf(podSpecOf(object.kind, props))) {
            const missing = needed.filter((path) => valueAt(container, "resources", ...path) === undefined);
            if (missing.length > 0)
                report(
                    `${object.name}, container ${textAt(container, "name")}: no resources.${missing.map((path) => path.join(".")).join(", resources.")}; set them`,
                );
        }
    }),
};

import type { Problem } from "../../components/traffic/split/problem";
import { nameProblems } from "../../components/traffic/split/versionNames";
import type { Placed } from "../../components/traffic/world/objects";
import { bodiesAt, mapAt, textAt } from "../../components/traffic/world/values";
import type { LeftOut, SplitArgs } from "./adoption";

/** The versions of a service as its DestinationRule tells them apart. */
export interface Versions {
    readonly args: Pick<SplitArgs, "versions" | "versionLabel" | "labelValues" | "subsetLabels">;
    readonly leftOut: readonly LeftOut[];
    readonly problems: readonly Problem[];
}

interface Subset {
    readonly at: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
}

/**
 * Reads versions from the subsets of a DestinationRule: one label tells them apart, and all others are the same for all of them.
 * A subset stays as it is, letter by letter: one that is relabelled under traffic has no pods for a while.
 *
 * @param routed the subsets that requests are led to; the others are versions, too, where they can be.
 */
export function versionsOf(rule: Placed, routed: readonly string[]): Versions {
    const at = `DestinationRule ${rule.name}: spec.subsets`;
    const all = bodiesAt(rule.body, "spec", "subsets").map((body, index): Subset => ({
        at: `${at}[${index}]`,
        name: textAt(body, "name") ?? "",
        labels: mapAt(body, "labels"),
    }));
    const serving = all.filter(({ name }) => routed.includes(name));
    const label = tellingLabel(serving);
    const shared = Object.fromEntries(Object.entries(serving[0]?.labels ?? {}).filter(([one]) => one !== label));
    const fits = (one: Subset): boolean => subsetProblems(one, label, shared).length === 0;
    const isOther = (one: Subset): boolean =>
        fits(one) && !all.some((other) => other !== one && other.labels[label] === one.labels[label]);
    const used = all.filter((one) => serving.includes(one) || isOther(one));
    const others = Object.fromEntries(
        used.flatMap(({ name, labels: { [label]: value = name } }) => (value === name ? [] : [[name, value]])),
    );
    return {
        args: {
            versions: used.map(({ name }) => name),
            ...(label !== "version" && { versionLabel: label }),
            ...(Object.keys(others).length > 0 && { labelValues: others }),
            ...(Object.keys(shared).length > 0 && { subsetLabels: shared }),
        },
        leftOut: all
            .filter((one) => !used.includes(one))
            .map((one) => ({
                at: one.at,
                why: `no request is led to subset ${one.name}, and it can be no version of its own`,
            })),
        problems: [
            ...routed
                .filter((name) => !all.some((one) => one.name === name))
                .map((name) => ({
                    at,
                    message: `there is no subset ${name}, to which the routes lead: its requests fail today`,
                    fix: `add it, or take it out of the routes: kubectl -n ${rule.namespace} edit destinationrule ${rule.name}`,
                })),
            ...serving.flatMap((one) => subsetProblems(one, label, shared)),
            ...samePods(used, label),
        ],
    };
}

/** The label whose values differ; where there is one version alone, the one that is called so. */
function tellingLabel(serving: readonly Subset[]): string {
    const labels = Object.keys(serving[0]?.labels ?? {});
    const valuesOf = (label: string): number => new Set(serving.map((one) => one.labels[label])).size;
    const told = labels.find((label) => valuesOf(label) > 1);
    return (
        told ??
        labels.find((label) => label === "version") ??
        labels.find((label) => /version|hash|track/.test(label)) ??
        labels.at(-1) ??
        "version"
    );
}

function subsetProblems(
    { at, name, labels }: Subset,
    label: string,
    shared: Readonly<Record<string, string>>,
): Problem[] {
    const { [label]: value, ...rest } = labels;
    const keys = [...new Set([...Object.keys(rest), ...Object.keys(shared)])];
    const others = keys.filter((key) => rest[key] !== shared[key]);
    if (value !== undefined && others.length === 0) return nameProblems(`${at}.name`, name);
    return [
        {
            at: `${at}.labels`,
            message:
                value === undefined
                    ? `${name} has no label ${label}, by which the others are told; a TrafficSplit tells all versions by one label`
                    : `${name} is told by ${[label, ...others].join(" and ")}; a TrafficSplit tells all versions by one label, and the others are the same for all`,
            fix: `give the pods of every version the label ${label}, and tell the subsets by that alone, in a step of its own`,
        },
    ];
}

function samePods(used: readonly Subset[], label: string): Problem[] {
    return used.flatMap((one, index) => {
        const value = one.labels[label];
        const first = used.slice(0, index).find(({ labels }) => labels[label] === value);
        if (!first || value === undefined) return [];
        return [
            {
                at: `${one.at}.labels`,
                message: `${one.name} has the same pods as ${first.name}: both are told by ${label}=${value}`,
                fix: "route to one of them alone, and take the other out",
            },
        ];
    });
}

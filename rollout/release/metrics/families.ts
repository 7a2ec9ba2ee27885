import type { Split } from "../../splits";
import type { Family, Sample } from "./openMetrics";
import type { Past, PastRelease, Result } from "./releases";

const results: readonly Result[] = ["done", "rolled_back", "aborted"];

/**
 * Releases as metrics: what a stack's state and its history say. Each counter is there from 0 on, so that the first release is an
 * increase.
 *
 * @param of labels of every sample: the project and the stack.
 */
export function familiesOf(past: Past, splits: readonly Split[], of: Readonly<Record<string, string>>): Family[] {
    const named = [...new Set([...past.services, ...splits.map(({ service }) => service)])].sort();
    const services = named.map((service) => ({ ...of, service }));
    const ended = (service: string, result: Result): PastRelease[] =>
        past.releases.filter((one) => one.service === service && one.result === result);
    const byResult = <One>(sample: (releases: readonly PastRelease[], labels: Sample["labels"]) => One[]): One[] =>
        services.flatMap((labels) =>
            results.flatMap((result) => sample(ended(labels.service, result), { ...labels, result })),
        );
    const open = past.releases.filter(({ result }) => result === undefined);
    return [
        {
            name: "upshift_share_ratio",
            type: "gauge",
            unit: "ratio",
            help: "Share of a service's users that a version has, as last applied.",
            samples: splits.flatMap(({ service, at, routes }) =>
                Object.entries(routes.weights).map(([version, weight]) => ({
                    labels: { ...of, service, ...(at !== undefined && { at }), version },
                    value: weight / 100,
                })),
            ),
        },
        {
            name: "upshift_releases",
            type: "counter",
            help: "Releases that have ended: all users on the new version (done), given back by a gate (rolled_back) or by somebody (aborted).",
            samples: byResult((releases, labels) => [{ labels, value: releases.length }]),
        },
        {
            name: "upshift_release_duration_seconds",
            type: "summary",
            unit: "seconds",
            help: "How long releases took, from their first update to their last, pauses included.",
            samples: byResult((releases, labels) => [
                { suffix: "_count", labels, value: releases.length },
                { suffix: "_sum", labels, value: sumOf(releases.map(({ began, ended = began }) => ended - began)) },
            ]),
        },
        {
            name: "upshift_release_pause_seconds",
            type: "counter",
            unit: "seconds",
            help: "How long releases waited at pauses, as their drivers have noted with the step after it.",
            samples: services.map((labels) => ({
                labels,
                value: sumOf(
                    past.releases.filter(({ service }) => service === labels.service).map(({ paused }) => paused),
                ),
            })),
        },
        {
            name: "upshift_release_steps",
            type: "counter",
            help: "Updates that raised a version's share, and those that were to and failed.",
            samples: services.flatMap((labels) =>
                (["succeeded", "failed"] as const).map((result) => ({
                    labels: { ...labels, result },
                    value: past.steps.filter((one) => one.service === labels.service && one.result === result).length,
                })),
            ),
        },
        {
            name: "upshift_rollbacks",
            type: "counter",
            help: "Ways back to the stable version, by a gate or by hand; also of versions that had all users already.",
            samples: services.flatMap((labels) =>
                (["gate", "hand"] as const).map((by) => ({
                    labels: { ...labels, by },
                    value: past.rollbacks.filter((one) => one.service === labels.service && one.by === by).length,
                })),
            ),
        },
        {
            name: "upshift_release_began_timestamp_seconds",
            type: "gauge",
            unit: "seconds",
            help: "When the release that is under way has begun, in seconds since 1970; only while one is.",
            samples: open.map(({ service, to, began }) => ({ labels: { ...of, service, version: to }, value: began })),
        },
        {
            name: "upshift_last_change_timestamp_seconds",
            type: "gauge",
            unit: "seconds",
            help: "When an update last moved users of a service, in seconds since 1970.",
            samples: [...past.lastChange].map(([service, value]) => ({ labels: { ...of, service }, value })),
        },
    ];
}

function sumOf(numbers: readonly number[]): number {
    return Math.round(numbers.reduce((sum, one) => sum + one, 0) * 1000) / 1000;
}

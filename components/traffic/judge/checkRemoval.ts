import { AppliedTraffic } from "./serviceTraffic";
import { Finding } from "./finding";
import { VersionName, weightOf } from "../split/weights";

/**
 * Judges the removal of versions: one that serves, by weight or by header, must first be drained in a step of its own.
 *
 * @param applied every view of what is applied; a version that one of them leads to counts as serving.
 * @param removed the versions that shall go, or get other labels: for those who call them that is the same.
 */
export function checkRemoval(
    service: string,
    applied: readonly AppliedTraffic[],
    removed: readonly VersionName[],
): Finding[] {
    const views = applied.filter((view) => view.service === service);
    return removed.flatMap((version): Finding[] => {
        const from = Math.max(0, ...views.map((view) => weightOf(view.weights, version)));
        const byHeader = views.some((view) => view.reachableByHeader.includes(version));
        if (from === 0 && !byHeader) return [];
        const serves = [from > 0 ? `has ${from} % of the requests` : "", byHeader ? "is reached by a header" : ""];
        return [
            {
                what: "removal",
                services: [service],
                version,
                from,
                to: 0,
                message: `${service}: ${version} still ${serves.filter(Boolean).join(" and ")}: move them away in a step of its own, then remove ${version}`,
            },
        ];
    });
}

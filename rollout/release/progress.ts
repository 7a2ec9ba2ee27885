import type { ServiceTraffic, VersionTraffic } from "../gate/traffic";
import { duration, number } from "../gate/words";
import { rounded } from "../rounded";
import type { Left } from "./left";

/** `review: v1 89.8 %, 99.94 % succeed, p99 41 ms; v2 10.2 %, 100 % succeed, p99 43 ms (1,200 requests in 2 min)`. */
export function trafficWords({ service, seconds, requests, versions }: ServiceTraffic): string {
    return `${service}: ${versions.map(versionWords).join("; ")} (${number(requests)} requests in ${duration(seconds)})`;
}

/** `, about 4 min left (release: at least 10 min)`; nothing where nobody knows. */
export function leftWords({ step = 0, release = 0 }: Left): string {
    const own = step > 0 ? `, about ${duration(step)} left` : "";
    return release > step ? `${own} (release: at least ${duration(release)}${step > 0 ? "" : " left"})` : own;
}

function versionWords({ version, requests, share, success, p99 }: VersionTraffic): string {
    const name = version === "" ? "no version" : version;
    return [
        share === undefined ? `${number(requests)} copies to ${name}` : `${name} ${shareWords(share)}`,
        ...(success === undefined ? [] : [`${successWords(success)} succeed`]),
        ...(p99 === undefined ? [] : [`p99 ${number(p99)} ms`]),
    ].join(", ");
}

function shareWords(percent: number): string {
    return percent > 0 && percent < 0.1 ? "under 0.1 %" : `${rounded(percent, { maximumFractionDigits: 1 })} %`;
}

/** Rounded down: 100 % is said where nothing failed, and nowhere else. */
function successWords(percent: number): string {
    return `${rounded(Math.floor(percent * 100 + 1e-9) / 100, { maximumFractionDigits: 2 })} %`;
}

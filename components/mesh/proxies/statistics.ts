const key = "proxy.istio.io/config";

/** What the proxies count for each destination and version; gates, the traffic graph and the addons read it. */
const counted = "cluster\\.outbound.*upstream_rq.*";

/** Annotations of a pod whose proxy counts per destination and version, which upstream Envoy leaves out by default. */
export function countingAnnotations(): Record<string, string> {
    return { [key]: JSON.stringify({ proxyStatsMatcher: { inclusionRegexps: [counted] } }) };
}

/** Whether a pod's own annotations make its proxy count per destination. */
export function isCounting(annotations: Readonly<Record<string, string>> | undefined): boolean {
    return annotations?.[key]?.includes("upstream_rq") ?? false;
}

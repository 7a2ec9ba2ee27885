import { at, nameOf, namespaceOf, objectsAt, stringAt } from "../objects";
import { isObject, type Properties } from "../values";
import type { Readiness } from "./observe";

/** A Service that nothing answers for is taken as meant so when that stays for so long. */
const settleMs = 10_000;
const noPods =
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods";
const noAddress = "Service was not allocated an IP address; does your cloud provider support this?";

/**
 * A Service is ready when its endpoints are the pods that its selector selects, all of them ready and at least one; and when it
 * has an address, if it is a load balancer. With no pods at all it is ready once that has stayed so for ten seconds: a program
 * may well create its Service before its pods.
 *
 * Nothing is waited for where there is nothing to select (no selector, ExternalName) or nothing to balance (headless).
 */
export const serviceReadiness: Readiness = {
    sources: (service) =>
        targetsPods(service)
            ? [
                  {
                      apiVersion: "discovery.k8s.io/v1",
                      kind: "EndpointSlice",
                      namespace: namespaceOf(service),
                      labels: { "kubernetes.io/service-name": nameOf(service) },
                  },
                  {
                      apiVersion: "v1",
                      kind: "Pod",
                      namespace: namespaceOf(service),
                      labels: at(service, "spec", "selector") as Record<string, string>,
                  },
              ]
            : [],
    judge: ({ object: service, related: [slices = [], pods = []], quietMs }) => {
        if (!service) return { isReady: false, reasons: ["the Service is not there"] };
        const hasAddress =
            at(service, "spec", "type") !== "LoadBalancer" ||
            objectsAt(service, "status", "loadBalancer", "ingress").length > 0;
        const addressMissing = hasAddress ? [] : [noAddress];
        if (!targetsPods(service)) return { isReady: hasAddress, reasons: addressMissing };
        const endpoints = slices.flatMap((slice) => objectsAt(slice, "endpoints"));
        const selected = new Set(pods.map(nameOf));
        const isReached =
            endpoints.length > 0 &&
            endpoints.every((endpoint) => isReady(endpoint) && selected.has(stringAt(endpoint, "targetRef", "name")));
        const isSettled = quietMs >= settleMs && endpoints.every(isReady);
        if (hasAddress && (isReached || isSettled))
            return { isReady: true, progress: { message: "Service initialization complete" }, reasons: [] };
        return {
            isReady: false,
            progress: {
                message: isReached
                    ? "[2/3] Attempting to allocate IP address to Service"
                    : "[1/3] Finding Pods to direct traffic to",
            },
            reasons: [...(isReached ? [] : [noPods]), ...addressMissing],
            againInMs: Math.max(settleMs - quietMs, 100),
        };
    },
};

function targetsPods(service: Properties): boolean {
    const selector = at(service, "spec", "selector");
    return (
        isObject(selector) &&
        Object.keys(selector).length > 0 &&
        at(service, "spec", "clusterIP") !== "None" &&
        at(service, "spec", "type") !== "ExternalName"
    );
}

/** An endpoint whose readiness is unknown counts as ready: so says the API. One that is terminating does not count at all. */
function isReady(endpoint: Properties): boolean {
    return at(endpoint, "conditions", "ready") !== false || at(endpoint, "conditions", "terminating") === true;
}

import { type KubeObject, textsAt } from "./object";

export { fullHost, serviceNamed, shortHost } from "../../components/traffic/world/hosts";
export { ruleHost } from "../../components/traffic/world/pods";
export { hostsOf } from "../../components/traffic/world/rules";

/** The gateways at which a VirtualService holds, by full name; `mesh` for callers inside. */
export function gatewaysOf(routes: KubeObject): string[] {
    const gateways = textsAt(routes.body, "spec", "gateways");
    if (gateways.length === 0) return ["mesh"];
    return gateways.map((gateway) =>
        gateway === "mesh" || gateway.includes("/") ? gateway : `${routes.namespace}/${gateway}`,
    );
}

import { officialAddons } from "../addons";
import { gatewayValues, istioCharts } from "../charts";
import type { Place } from "../place";
import { decide } from "./decide";
import { lookSync } from "./look";
import { whereIs, type ContextOptions } from "./where";
import { UserError } from "../../components/userError";

/**
 * An existing cluster as a program sees it. An Istio of another's is adopted: then there are no charts for one.
 *
 * @throws before anything is changed, when the context is not there, the cluster does not answer, or its Istio does not fit
 */
export function contextPlace(options: ContextOptions): Place {
    const { file, finding } = whereIs(options);
    if (finding || !file) throw new UserError(finding ?? { what: "No kubeconfig has the context." });
    const context = options.context ?? "";
    const decision = decide(lookSync(file, context), options.stack, options.istio.revision);
    if (decision.kind === "refuse") throw new UserError(decision.finding);
    return {
        kubeconfig: file,
        context,
        charts: istioCharts(options.istio),
        revision: decision.kind === "adopt" ? decision.revision : undefined,
        adopted: decision.kind === "adopt",
        istiodValues: {},
        addons: officialAddons,
        gatewayValues: {
            ...gatewayValues(options.gateway.service ?? "LoadBalancer"),
            ...(decision.kind === "adopt" && decision.revision !== "default" && { revision: decision.revision }),
        },
        gatewayAddress: options.gateway.address,
        httpAddress: options.gateway.httpAddress,
    };
}

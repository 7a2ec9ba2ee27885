import type { OwnStatus } from "../../rollout/ownProject";
import { renewalReason } from "../../components/mesh/renewal";
import { type OpenOutputs, openOutputs } from "../play/outputs";

/** @throws when the stack was never brought up. */
export async function demoStatus(stack: string): Promise<OwnStatus> {
    const outputs = await openOutputs(stack);
    const { urls, gatewayAddress, httpAddress, weights, canaryHeaders, kubeconfig, context } = outputs;
    const lines = Object.entries(urls).map(([system, url]) => {
        const address = url.startsWith("https:") ? gatewayAddress : httpAddress;
        return `${system}: ${url} at ${address ?? "an address that the cluster gives"}`;
    });
    return {
        warnings: certificateWarnings(outputs),
        lines: [...lines, `kubectl: export KUBECONFIG=${kubeconfig} (context ${context})`],
        json: { urls, gatewayAddress, httpAddress, weights, canaryHeaders, kubeconfig, context },
    };
}

/** A line for each system whose certificate ends soon, or is for another host. */
export function certificateWarnings({ urls, certificates }: Pick<OpenOutputs, "urls" | "certificates">): string[] {
    return Object.entries(certificates).flatMap(([system, certificate]) => {
        const url = urls[system];
        const reason = renewalReason(certificate, url ? [new URL(url).hostname] : []);
        return reason ? [`${system}: its certificate ${reason}.\n  fix: pulumi up`] : [];
    });
}

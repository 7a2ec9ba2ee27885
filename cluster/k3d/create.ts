import { ownerLabel, ownMark } from "../ownership";
import type { GatewayPorts } from "../ports";

/** The release of Kubernetes that k3d runs: one that Istio 1.31 supports, the same everywhere. */
export const k3sImage = "rancher/k3s:v1.35.5-k3s1";

/**
 * The arguments that make a cluster: as in seed 001, but with ports on 127.0.0.1 only, our mark on the server, and the
 * user's kubeconfig left alone.
 */
export function createArguments(name: string, ports: GatewayPorts, apiPort: number | "random"): string[] {
    return [
        ...["cluster", "create", name],
        ...["--image", k3sImage],
        ...["--k3s-arg", "--disable=traefik@server:0"],
        ...["--api-port", `127.0.0.1:${apiPort}`],
        ...["--port", `127.0.0.1:${ports.https}:443@loadbalancer`],
        ...["--port", `127.0.0.1:${ports.http}:80@loadbalancer`],
        ...["--runtime-label", `${ownerLabel}=${ownMark()}@server:0`],
        "--kubeconfig-update-default=false",
        "--kubeconfig-switch-context=false",
        ...["--timeout", "300s", "--wait"],
    ];
}

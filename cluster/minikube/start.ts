import { ask } from "../ask";
import { dockerFinding } from "../docker";
import type { GatewayPorts } from "../ports";
import { nodePorts } from "../ports";
import { ownMark } from "../ownership";
import { onPath } from "../tools/onPath";
import { isContainer, markOption } from "./profiles";

/** The release of Kubernetes: one that Istio 1.31 supports, the same everywhere. */
export const kubernetes = "v1.36.2";

/**
 * How the node is to run: as the user has set it, else in containers where Docker or Podman answers, else as minikube
 * itself finds (a virtual machine).
 */
export async function detectDriver(): Promise<string | undefined> {
    const configured = await ask("minikube", ["config", "get", "driver"]);
    if (configured.code === 0 && configured.stdout) return configured.stdout;
    if (!(await dockerFinding())) return "docker";
    if (onPath("podman") && (await ask("podman", ["info", "--format", "{{.Version.Version}}"])).code === 0)
        return "podman";
    return undefined;
}

/** The arguments that make a cluster, or start one that is stopped, which keeps its `mark`. */
export function startArguments(
    name: string,
    driver: string | undefined,
    ports: GatewayPorts,
    mark = ownMark(),
): string[] {
    return [
        ...["start", "--profile", name, "--keep-context"],
        ...["--kubernetes-version", kubernetes],
        ...["--extra-config", markOption(mark)],
        ...(driver ? ["--driver", driver] : []),
        ...(driver && isContainer(driver) ? published(ports) : []),
        ...["--wait", "all"],
    ];
}

/** Ports of this machine that lead to the gateway's node ports. */
function published({ https, http }: GatewayPorts): string[] {
    return [`127.0.0.1:${https}:${nodePorts.https}`, `127.0.0.1:${http}:${nodePorts.http}`].flatMap((port) => [
        "--ports",
        port,
    ]);
}

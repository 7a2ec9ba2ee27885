import type { TargetStatus } from "./target";

/** Asks a cluster for its version: `ready` with it, or `unreachable` with the reason. */
export async function kubernetesVersion(
    kubeconfig: string,
    context: string,
): Promise<Pick<TargetStatus, "phase" | "version" | "notes">> {
    const { connect } = await import("./context/connect");
    try {
        const { version } = await connect(kubeconfig, context);
        return { phase: "ready", version, notes: [] };
    } catch (error) {
        return { phase: "unreachable", notes: [(error as Error).message] };
    }
}

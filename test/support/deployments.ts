import { setTimeout as pause } from "node:timers/promises";
import { kubectl } from "./kubectl";

/** What tests look at in a Deployment. */
export interface DeploymentObject {
    spec: { replicas: number; template: { metadata: { labels: object; annotations: object }; spec: object } };
    status: { availableReplicas?: number };
}

/** A Deployment as the cluster has it. */
export async function deploymentOn(cluster: string, where: string, name: string): Promise<DeploymentObject> {
    return JSON.parse(
        await kubectl(cluster, ["get", "-n", where, `deployment/${name}`, "-o", "json"]),
    ) as DeploymentObject;
}

/** Looks at a Deployment all the time. @returns what stops that, and gives the fewest available pods that it had meanwhile */
export function fewestAvailable(cluster: string, where: string, name: string): { stop(): Promise<number> } {
    let isOver = false;
    const looking = (async () => {
        let fewest = Infinity;
        while (!isOver) {
            const { status } = await deploymentOn(cluster, where, name);
            fewest = Math.min(fewest, status.availableReplicas ?? 0);
            await pause(100);
        }
        return fewest;
    })();
    return {
        stop: () => {
            isOver = true;
            return looking;
        },
    };
}

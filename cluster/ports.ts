import { holderOf, isFree } from "./embedded/ports";
import type { Finding } from "./target";

/** Ports on 127.0.0.1 that lead to the gateway of a cluster in containers. */
export interface GatewayPorts {
    readonly https: number;
    readonly http: number;
}

/** Those of seed 001. */
export const usualPorts: GatewayPorts = { https: 9443, http: 8080 };

/** Node ports of a gateway whose Service is a NodePort. */
export { nodePorts } from "./embedded/layout";

/** The ports that are taken, by whom, and how to have others. */
export async function takenPorts(ports: GatewayPorts, target: string): Promise<Finding[]> {
    const roles = Object.entries(ports) as [keyof GatewayPorts, number][];
    const free = await Promise.all(roles.map(([, port]) => isFree(port)));
    return roles.flatMap(([role, port], at) => {
        if (free[at]) return [];
        const holder = holderOf(port);
        return {
            what: `Port ${port} of 127.0.0.1 is taken${holder ? ` by ${holder}` : ""}.`,
            fix: `end that, or take another: npx upshift cluster up --target ${target} --${role}-port ${port + 1}`,
        };
    });
}

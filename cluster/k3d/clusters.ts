import { z } from "zod";
import { ask, complaint } from "../ask";
import { isOwn, ownerLabel } from "../ownership";
import { readRecord } from "../record";

const binding = z.object({ HostIp: z.string(), HostPort: z.string() });
const node = z.object({
    role: z.string(),
    created: z.string().default(""),
    portMappings: z.record(z.string(), z.array(binding)).optional(),
});
const listed = z.array(
    z.object({ name: z.string(), nodes: z.array(node), serversRunning: z.number(), serversCount: z.number() }),
);

/** A cluster as `k3d cluster list` has it. */
export interface K3dCluster {
    readonly name: string;
    readonly isRunning: boolean;
    /** Whether this checkout made it. */
    readonly isOurs: boolean;
    /** Whose it is, as upshift has marked it; undefined where another made it. */
    readonly mark: string | undefined;
    /** When its server was made. */
    readonly made: string;
    /** Where the gateway's TLS port answers on this machine, as `host:port`. */
    readonly gatewayAddress?: string | undefined;
    /** The same without TLS. */
    readonly httpAddress?: string | undefined;
}

/** The cluster of a name; undefined when there is none. @throws when k3d can't say */
export async function findCluster(name: string): Promise<K3dCluster | undefined> {
    const answer = await ask("k3d", ["cluster", "list", "--output", "json"]);
    if (answer.code !== 0) throw new Error(`k3d can't list its clusters: ${complaint(answer)}`);
    const cluster = listed.parse(JSON.parse(answer.stdout || "[]")).find((one) => one.name === name);
    if (!cluster) return undefined;
    const { nodes, serversCount, serversRunning } = cluster;
    const made = nodes.find(({ role }) => role === "server")?.created ?? "";
    const mark = await markOf(name);
    const recorded = readRecord("k3d", name);
    const ways = nodes.find(({ role }) => role === "loadbalancer")?.portMappings ?? {};
    return {
        name,
        isRunning: serversRunning === serversCount,
        isOurs: isOwn(mark, recorded?.made === made ? recorded : undefined),
        mark,
        made,
        gatewayAddress: addressOf(ways["443/tcp"]),
        httpAddress: addressOf(ways["80/tcp"]),
    };
}

function addressOf([way]: readonly z.infer<typeof binding>[] = []): string | undefined {
    return way && `${way.HostIp === "0.0.0.0" ? "127.0.0.1" : way.HostIp}:${way.HostPort}`;
}

/** k3d lists labels of its own only, so that the mark is asked of Docker. */
async function markOf(name: string): Promise<string | undefined> {
    const filters = [`label=k3d.cluster=${name}`, `label=${ownerLabel}`].flatMap((filter) => ["--filter", filter]);
    const answer = await ask("docker", ["ps", "--all", ...filters, "--format", `{{.Label "${ownerLabel}"}}`]);
    if (answer.code !== 0) throw new Error(`Docker can't list its containers: ${complaint(answer)}`);
    return answer.stdout.split("\n")[0] || undefined;
}

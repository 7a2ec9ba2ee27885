import { placeOf } from "../../../components/mesh/live";
import { apiOf } from "../../../components/mesh/client";
import { releaseHeader } from "../../../components/traffic/split/destinations";
import { bodiesAt, type Body } from "../../../components/traffic/world/values";
import { UserError } from "../../../components/userError";
import { measureGraph, measureGraphFor } from "../../graph/measure";
import { httpPortOf } from "../../probe/expected";
import { type Sent, sendInMesh } from "../../probe/inMesh";
import type { ReleasedService } from "../service";
import type { ReleaseSettings } from "../settings";
import type { Chain } from "./chain";
import { proofOf, type Sample } from "./proof";

/** Seconds for which it is counted what testers send anyway. */
const quietSeconds = 5;
/** Requests that try it, and how many of them a second: each is a process of its own. */
const [requests, rate] = [40, 20];

/**
 * Sends requests along a chain as the edge would send them, with the version in the chain's header, from a pod of its own beside the
 * first service; no user is moved by that. What every service got of them is counted at its callers' proxies, so that it does not
 * matter what answers say.
 *
 * @param again the command that asks anew.
 * @returns the requests that each service of the chain got in the version.
 * @throws where the header is lost, a request fails, or nothing can be counted.
 */
export async function proveChain(
    { access, chain, host }: Pick<ReleasedService, "access" | "host"> & { readonly chain: Chain },
    to: string,
    { path = "/", headers = {}, from }: NonNullable<ReleaseSettings["probe"]>,
    again: string,
): Promise<Record<string, number>> {
    const [namespace = host.namespace, account = "default"] = from?.split("/") ?? [];
    const port = chain.port ?? (await portOf(access, host));
    const url = `http://${host.name}.${host.namespace}${port === 80 ? "" : `:${port}`}${path}`;
    const sending = {
        ...{ url, path, method: "GET", requests, rate, namespace, account },
        headers: { ...headers, [releaseHeader]: to },
    };
    const before = await measureGraphFor(access, quietSeconds);
    let sent: Sent = { statuses: {}, counters: [] };
    const during = await measureGraph(access, async () => (sent = await sendInMesh(access, sending)));
    const sample: Sample = { to, url, statuses: sent.statuses, sent: sent.counters, during, before };
    return proofOf(chain, sample, again);
}

/** The port by which callers ask for a Service. @throws where the cluster has none of that name */
async function portOf(
    access: ReleasedService["access"],
    { name, namespace }: ReleasedService["host"],
): Promise<number> {
    const asked = apiOf(access).get<Body>(placeOf("Service", namespace, name));
    const found = await asked.catch((error: unknown) => {
        throw new UserError({
            what: `The Service ${name}.${namespace}, where the edge sends its requests, can't be read: ${(error as Error).message}`,
            fix: `kubectl get service --namespace ${namespace} ${name}`,
            cause: error,
        });
    });
    return httpPortOf(bodiesAt(found, "spec", "ports"));
}

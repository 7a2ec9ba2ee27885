import { Refused } from "../../../cluster/refused";
import { releaseHeader } from "../../../components/traffic/split/destinations";
import { callerLabels } from "../../probe/job";
import type { Edge, TrafficGraph } from "../../graph/graph";
import { isStatus } from "../../load/status";
import type { Chain, RoutedService } from "./chain";

/** What was sent along a chain, and who called whom meanwhile. */
export interface Sample {
    /** The version that the requests named in the chain's header. */
    readonly to: string;
    /** The URL that was asked for, of the first service of the chain. */
    readonly url: string;
    /** How many requests were answered with which HTTP status; `000` without an answer. */
    readonly statuses: Readonly<Record<string, number>>;
    /** Where the caller's own proxy has sent them. */
    readonly sent: readonly Pick<Edge, "to" | "requests">[];
    /** Who called whom while they were on their way. */
    readonly during: TrafficGraph;
    /** The same of a while before: what testers send to the version anyway. */
    readonly before: TrafficGraph;
}

/**
 * Says whether the header by which the edge names a version reaches every service of a chain: each must have got as many requests in
 * that version as were sent, beside those that came anyway.
 *
 * @param again the command that asks anew.
 * @returns the requests that each service got for it.
 * @throws with the services at which the header is lost, and who loses it; with what failed; with what can't be told.
 */
export function proofOf(chain: Chain, sample: Sample, again: string): Record<string, number> {
    const { to, url, statuses } = sample;
    const requests = Object.values(statuses).reduce((sum, count) => sum + count, 0);
    const asked = `${requests} requests to ${url} with the header ${releaseHeader}: ${to}`;
    const failures = Object.entries(statuses).filter(([status]) => !isStatus("2xx", status));
    if (failures.length > 0 || requests === 0)
        throw new Refused({
            what: `Of ${asked}, ${failures.map(([status, count]) => `${count} got ${status === "000" ? "no answer" : `status ${status}`}`).join(", ")}. No user was moved.`,
            fix: `see why ${to} does not answer, or name a request that goes through the whole chain: ${again} --probe PATH`,
        });
    const found = chain.services.map((service) => ({ service, ...reachedBy(service, sample) }));
    const noisy = found.filter(({ slack }) => slack > requests / 2);
    if (noisy.length > 0)
        throw new Refused({
            what: `Whether the header ${releaseHeader} reaches ${named(noisy)} can't be told: testers send more requests to ${to} than the ${requests} that try it.`,
            fix: `have the testers wait, then ${again}`,
        });
    const lost = found.filter(({ reached, slack }) => reached < requests - slack);
    if (lost.length === 0) return Object.fromEntries(found.map(({ service, reached }) => [service.name, reached]));
    throw new Refused({
        what: [
            `The header ${releaseHeader} does not reach the whole chain, so that one answer would mix versions. No user was moved. Of ${asked}:`,
            ...lost.map((one) => lossOf(one, sample, lost)),
        ].join("\n"),
        fix: `have it send ${releaseHeader} as it came along with every request that it makes for one; then ${again}`,
    });
}

/** How many requests a service got in the version beside those that came anyway, and how far chance may have that wrong. */
interface Reached {
    readonly reached: number;
    readonly slack: number;
}

interface Found extends Reached {
    readonly service: RoutedService;
}

function reachedBy(service: RoutedService, { to, sent, during, before }: Sample): Reached {
    const ofVersion = (edges: readonly Pick<Edge, "to" | "requests">[]): number =>
        edges
            .filter((edge) => isTo(service, edge) && edge.to.version === to)
            .reduce((sum, one) => sum + one.requests, 0);
    const usual = (ofVersion(before.edges) * during.seconds) / Math.max(1, before.seconds);
    const counted = ofVersion(sent) + ofVersion(during.edges.filter((edge) => !isCaller(edge)));
    return { reached: Math.max(0, Math.round(counted - usual)), slack: Math.ceil(sigmas * Math.sqrt(usual)) };
}

/** Chance alone has one of 15,000 such counts wrong. */
const sigmas = 4;

/** Who called the service without the header, and whether he had it: who never got it has not lost it. */
function lossOf({ service, reached }: Found, { during, before }: Sample, lost: readonly Found[]): string {
    const edges = [...during.edges, ...before.edges].filter((edge) => isTo(service, edge) && !isCaller(edge));
    const callers = [...new Set(edges.map(({ from }) => from.service))];
    const got = `${service.name} got ${reached} of them`;
    if (callers.length === 0)
        return `  ${got}: nobody has called it. Is the request one that goes through the whole chain (--probe PATH)? Who calls whom: npx upshift graph`;
    const without = callers.filter((caller) => lost.some((one) => one.service.host.name === caller));
    const losers = callers.filter((caller) => !without.includes(caller));
    return losers.length > 0
        ? `  ${got}: ${losers.join(" or ")} loses the header on the way to it`
        : `  ${got}: it is called by ${without.join(" and ")}, which did not get the header either`;
}

function isTo({ host }: RoutedService, { to }: Pick<Edge, "to">): boolean {
    return to.service === host.name && to.namespace === host.namespace;
}

/** Whether the requests are those of the caller itself, whose own counts are known. */
function isCaller({ from }: Edge): boolean {
    return from.service === callerLabels.app;
}

function named(found: readonly Found[]): string {
    return found.map(({ service }) => service.name).join(" and ");
}

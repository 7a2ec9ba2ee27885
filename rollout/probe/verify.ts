import { liveWorld } from "../../components/mesh/live";
import { stateWorld } from "../../components/traffic/world/world";
import { serviceNamed } from "../../components/traffic/world/hosts";
import { accessInWords } from "../access";
import { rootOf } from "../atHand";
import { appliedSplit } from "../splits";
import { isStatus } from "../load/status";
import { type Verification, verificationOf } from "../verify";
import { countsOf, expectedOf, type Probe } from "./expected";
import { type Sent, sendInMesh } from "./inMesh";
import { callerLabels } from "./job";
import { UserError } from "../../components/userError";

/** What is sent, by whom, and what counts as an answer. */
export interface VerifyOptions extends Probe {
    readonly requests: number;
    readonly rate: number;
    readonly body?: string | undefined;
    /** `NAMESPACE/ACCOUNT` of the caller. Default: the service's namespace, and its account `default`. */
    readonly from?: string | undefined;
    readonly image?: string | undefined;
    /** Statuses that are no failure, see `isStatus`. */
    readonly expectStatus: string;
}

/**
 * Measures a split of any project's: a caller in the mesh sends requests, and its proxy says where it has sent each.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when the stack splits no such service, its cluster does not answer, or the caller can't be had.
 */
export async function verifyInMesh(
    stack: string,
    folder: string | undefined,
    service: string,
    options: VerifyOptions,
): Promise<Verification> {
    const { state, split } = await appliedSplit(stack, service, folder);
    const { access } = state;
    if (!access)
        throw new UserError({
            what: `The state of stack ${stack} names no cluster.`,
            fix: `pulumi up --stack ${stack}`,
        });
    const live = await liveWorld(access).catch((error: Error) => {
        throw new UserError({
            what: `The cluster can't be asked (${accessInWords(access)}): ${rootOf(error).message}`,
            fix: "kubectl cluster-info",
        });
    });
    const [namespace = "", account = "default"] = options.from?.split("/") ?? [
        serviceNamed(split.place.host)?.namespace ?? split.place.host,
    ];
    const caller = { namespace, labels: callerLabels };
    const expected = expectedOf(stateWorld(state.objects, live), split, caller, options);
    const sending = { ...options, url: expected.url, namespace, account };
    const sent = await sendInMesh(access, sending, options.image);
    return judged(split.service, sent, expected, options.expectStatus);
}

/** What a caller's requests say of a split. */
export function judged(
    service: string,
    { statuses, counters }: Sent,
    expected: Pick<ReturnType<typeof expectedOf>, "weights" | "destinations">,
    expectStatus: string,
): Verification {
    const failures = Object.entries(statuses).filter(([status]) => !isStatus(expectStatus, status));
    const counts = countsOf(expected, counters);
    const requests = Object.values(statuses).reduce((sum, count) => sum + count, 0);
    if (requests > 0 && failures.length === 0 && Object.keys(counts).length === 0)
        throw new UserError({
            what: `The caller's proxy has counted none of ${requests} requests that were answered, so that nobody knows who did.`,
            fix: "kubectl get telemetries,envoyfilters -A, which may switch its counts off",
        });
    return verificationOf(service, expected.weights, counts, {
        requests,
        failed: failures.reduce((sum, [, count]) => sum + count, 0),
        failures: Object.fromEntries(failures.map(([status, count]) => [wordsFor(status), count])),
    });
}

function wordsFor(status: string): string {
    return status === "000" ? "no answer" : `status ${status}`;
}

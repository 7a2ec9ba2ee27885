import { UserError } from "../components/userError";
import { placeDigest, projectRoot } from "./paths";
import type { ClusterRecord } from "./record";
import type { Finding } from "./target";

/**
 * The mark of what upshift has made, so that it never stops or deletes what another made: a Docker label on k3d's server,
 * a node label on minikube's node. Clusters are called the same in every checkout that chooses no name, so its value says whose they are.
 */
export const ownerLabel = "upshift.dev/owner";

/** The mark of what this checkout makes. */
export function ownMark(): string {
    return `upshift-${placeDigest(projectRoot())}`;
}

/** The mark of all checkouts, before each had one. */
const earlierMark = "upshift";

/**
 * Whether a cluster is this checkout's: it carries its mark, or the one that is recorded of it, of when the checkout lay elsewhere or
 * there was one mark for all.
 */
export function isOwn(mark: string | undefined, recorded: Pick<ClusterRecord, "mark"> | undefined): boolean {
    return (
        mark !== undefined &&
        (mark === ownMark() || (recorded !== undefined && mark === (recorded.mark ?? earlierMark)))
    );
}

/** What is wrong with a cluster that this checkout has not made. */
export function foreign(cluster: string, mark: string | undefined): Finding {
    const why =
        mark === undefined
            ? "made by another: it does not carry upshift's mark"
            : `made by another checkout of upshift: its mark is ${mark}, and this one, whose mark is ${ownMark()}, has no record of it`;
    return {
        what: `${cluster} was ${why}. It is left alone.`,
        fix: "take another name: pulumi config set cluster NAME (or --name NAME)",
    };
}

/** Why such a cluster is neither stopped nor deleted. `byHand` is the command of the program that has made it. */
export function notDown(cluster: string, mark: string | undefined, byHand: string): UserError {
    const fix = `${byHand}, if it is yours`;
    const there = "the same command in the checkout that made it; where that is gone: ";
    return new UserError({ what: foreign(cluster, mark).what, fix: mark === undefined ? fix : there + fix });
}

import { releaseHeader } from "../../../components/traffic/split/destinations";
import type { Moved } from "../members";

/**
 * Before the first share of a chain: proves that its header reaches every service, and tells so. Whoever goes on with a chain that has
 * a share already sees in its users' own requests whether it does.
 *
 * @throws where it does not; nobody is moved then.
 */
export async function proveBeforeShare(moved: readonly Moved[]): Promise<void> {
    for (const { service, to, served, hands } of moved) {
        const { chain } = served;
        if (!chain || !hands.prove || (served.weights[to] ?? 0) > 0) continue;
        const header = releaseHeader;
        hands.tell({ kind: "proves", service, header, to });
        const reached = await hands.prove({ ...served, chain }, to);
        hands.tell({ kind: "proven", service, header, to, reached });
    }
}

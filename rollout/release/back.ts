import { argumentsOf, namesOf, type Moved, writeTogether } from "./members";
import { weightsAt } from "./steps";
import { UserError } from "../../components/userError";

/**
 * Gives all users of a release's services back to stable, all of them together, and writes down that their versions came back: first
 * where users are served, then in config and state.
 *
 * @throws when the last of it fails; users are on stable then, and the config says so.
 */
export async function goBack(moved: readonly Moved[], why: string): Promise<void> {
    const [first] = moved;
    if (!first) return;
    const { hands } = first;
    const parts = moved.map((member) => ({
        member,
        values: { [`release.${member.service}.aborted`]: member.to },
        weights: weightsAt(member.to, 0, member.served),
    }));
    hands.tell({ kind: "goesBack", to: stableOf(moved), why });
    const began = Date.now();
    // Not for the config to wait for: who serves errors is to serve none as soon as can be.
    const [written, ...given] = await Promise.allSettled([
        writeTogether(parts),
        ...parts.map(({ member, weights }) => member.hands.giveBack(weights)),
    ]);
    const kept = given.flatMap((one, index) =>
        one.status === "rejected" ? [`${moved[index]?.service}: ${(one.reason as Error).message}`] : [],
    );
    // What keeps one service's routes from being written is no reason to leave the others' users, or config and state, as they are.
    if (kept.length > 0)
        hands.tell({
            kind: "waits",
            step: "back",
            why: `the update writes what could not be written: ${kept.join("; ")}`,
        });
    else hands.tell({ kind: "back", seconds: (Date.now() - began) / 1000 });
    if (written.status === "rejected") throw written.reason;
    for (let tries = 0; tries < maxTries; tries++) {
        const said = moved.map(({ service, served }) => `${service} back to ${served.stable}`);
        await hands.up(`${said.join(", ")}: ${why}`);
        const now = await Promise.all(moved.map((member) => member.hands.served()));
        if (now.every(({ weights }, index) => !weights[moved[index]?.to ?? ""])) return;
        // A driver that was taking a step just then has written its own weights over ours; it ends at its next look.
        await writeTogether(parts);
    }
    throw new UserError({
        what: `${moved.map(({ service, to }) => `${service} ${to}`).join(" or ")} has users again after ${maxTries} updates: somebody else moves them.`,
        fix: `npx upshift abort ${argumentsOf(moved.slice(0, 1))}${hands.where}`,
    });
}

const maxTries = 3;

/** Where users go back to: one name where it is one for all. */
function stableOf(moved: readonly Moved[]): string {
    const versions = [...new Set(moved.map(({ served }) => served.stable))];
    if (versions.length === 1) return versions[0] ?? "";
    return moved.map((one) => `${one.served.stable} of ${namesOf([one])}`).join(", ");
}

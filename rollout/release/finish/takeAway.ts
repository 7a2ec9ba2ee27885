import type { ExitCode } from "../../exitCode";
import { ended } from "../ended";
import type { Values } from "../hands";
import { countedIn, type Member, servedNow } from "../members";
import { secondsOf, secondsSince } from "../durations";
import { givenOf } from "../manyHands";
import { UserError } from "../../../components/userError";
import { type Count, drained, type Leaving } from "./drain";
import type { FinishHands } from "./finishHands";
import { previousOf, refuseWhereLed } from "./previous";
import type { ReleasedService } from "../service";
import type { Removal, Remover } from "./remover";

/** What it is done by. */
interface Taking {
    readonly count: Count;
    readonly remover: Remover;
    /** The command that goes on. */
    readonly again: string;
}

type Finished = Member & { readonly hands: FinishHands };

/**
 * Takes the versions away that releases have left without users: once nothing leads to them and nobody asks them any more, by one write
 * of the config and one update. Where only the program can leave them out, it is said where.
 *
 * @returns the exit code: well, or held where somebody asks them still, nobody could count, or the program has to be edited.
 * @throws when something leads to one, or the update is refused: then the config is as it was before it.
 */
export async function takeAway(members: readonly Finished[], { count, remover, again }: Taking): Promise<ExitCode> {
    const { hands } = members[0] as Finished;
    const leaving = await leavingOf(members);
    if (leaving.length === 0) {
        await hands.write(noted(members));
        return ended(hands, "done", "Nothing is left to be taken away.");
    }
    refuseWhereLed(leaving, { where: hands.where, again });
    const declared = await Promise.all(members.map((one) => one.hands.declared()));
    const timeout = Math.max(...declared.map((one) => secondsOf(one.timeout)));
    const ending = await drained(leaving, { hands, count, timeout, again });
    if (ending) return ended(hands, ending.outcome, ending.words);
    const names = members.map(({ service }) => service);
    const removal = await remover.plan(leaving, names, again);
    if (removal.by === "program") return ended(hands, "held", byHand(leaving, removal));
    const began = Date.now();
    const what = wordsOf(leaving);
    const putBack = removal.write();
    try {
        await hands.up(`${what} taken away`);
    } catch (error) {
        putBack();
        throw error;
    }
    await checkGone(members, leaving, hands.where);
    // Only now: whoever was killed before it finds by them what the update was to take away.
    await hands.write(noted(members));
    const now = await servedNow(members);
    const given = givenOf(Object.fromEntries(now.map(({ service, served }) => [service, served.weights])));
    hands.tell({ kind: "applied", step: "remove", seconds: secondsSince(began), ...given });
    const others = removal.others.map((command) => `\nWhat ran it is not this stack's, and stays: ${command}`);
    return ended(hands, "done", `${what} is taken away.${others.join("")}`);
}

/** What the config notes of versions that are left, taken away. */
function noted(members: readonly Finished[]): Values {
    return Object.fromEntries(members.map(({ service }) => [`release.${service}.previous`, undefined]));
}

/**
 * The versions that releases of these services have left, or are about to leave, as far as the routes still have them; of a chain those
 * of each of its services, and of its edge.
 */
export async function leavingOf(members: readonly Finished[]): Promise<Leaving[]> {
    const all = await Promise.all(
        (await servedNow(members)).map(async (one) => {
            const { previous, baseline } = await one.hands.declared();
            const to = allOn(one.served) ?? one.served.stable;
            const versions = previousOf(one.served, to, { noted: previous, baseline });
            const parts = countedIn({ ...one, to }).map(({ service, served }) => {
                const own = one.served.chain?.services.find(({ name }) => name === service);
                return { service, served: { ...served, ...own } };
            });
            const edge = one.served.chain ? [{ service: one.service, served: one.served, isEdge: true }] : [];
            return [...parts, ...edge].map((part) => ({ ...part, versions }));
        }),
    );
    return all.flat().filter(({ versions }) => versions.length > 0);
}

/** The version that has all users; undefined where none has. */
export function allOn({ weights }: Pick<ReleasedService, "weights">): string | undefined {
    return Object.entries(weights).find(([, weight]) => weight === 100)?.[0];
}

/** @throws where the update has left one in the routes, as where somebody else has moved users to it meanwhile */
async function checkGone(members: readonly Finished[], leaving: readonly Leaving[], where: string): Promise<void> {
    const versions = leaving.flatMap((one) => one.versions);
    const left = (await servedNow(members)).find(({ served }) => versions.some((one) => one in served.weights));
    if (!left) return;
    throw new UserError({
        what: `The update is made, and the routes of ${left.service} still have ${versions.filter((one) => one in left.served.weights).join(" and ")}.`,
        fix: `see who has written them: npx upshift status${where}`,
    });
}

function byHand(leaving: readonly Leaving[], { why, lines, paths }: Removal & { by: "program" }): string {
    const found = lines.length === 0 ? "" : ` It seems to name them here:\n  ${lines.join("\n  ")}\n`;
    const without = paths.map((one) => `pulumi config rm --path '${one}' && `).join("");
    return `Only the program can take ${wordsOf(leaving)} away: ${why}. Leave it out of \`versions\`, of the VersionedService and of the TrafficSplit.${found === "" ? "\n" : found}  fix: edit the program, then ${without}pulumi up`;
}

/** Versions by their services: `v1 of review and product`. */
function wordsOf(leaving: readonly Leaving[]): string {
    const versions = [...new Set(leaving.flatMap((one) => one.versions))];
    return versions
        .map((version) => {
            const services = leaving.filter((one) => one.versions.includes(version)).map(({ service }) => service);
            return `${version} of ${services.join(" and ")}`;
        })
        .join(", ");
}

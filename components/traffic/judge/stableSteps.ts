import type { Change } from "../effect/changes";
import { isFailure, shareOf } from "../effect/effect";
import { releaseHeader } from "../split/destinations";
import type { World } from "../world/world";
import type { Finding } from "./findings";
import { namedFor } from "./leads";
import type { ServiceStep } from "./serviceSteps";
import { leastShare } from "./stable";

/** A release begins only while the way back leads to where users are. */
export function stableUnserved({ service, namespace, stable, raises, changes }: ServiceStep): Finding[] {
    const [first] = raises.filter(({ outcome, isNewCode }) => !isFailure(outcome) && !isNewCode);
    const isMarked = changes.some(({ marks }) => marks.before.stable !== undefined);
    if (
        !first ||
        !isMarked ||
        stable.share > 0 ||
        changes.some((change) => !change.isOptIn && stable.outcomes.some((one) => shareOf(change.before, one) > 0))
    )
        return [];
    const [most] = [...first.change.before].sort((one, other) => other.percent - one.percent);
    const { outcome, from, to } = first;
    const fix = most && `pulumi config set --path stable.${service} ${most.outcome.name} && pulumi up`;
    const found = { service, namespace, version: outcome.name, from, to, detail: stable.name };
    return [{ code: "stable-unserved", ...found, ...(fix && { fix }) }];
}

/** To call another version the stable one is a step of its own: the way back must lead to where all users are. */
export function stableMoved({ service, namespace, changes, stable }: ServiceStep, before: World): Finding[] {
    const moved = changes.find(
        ({ marks }) =>
            marks.before.stable !== undefined &&
            marks.after.stable !== undefined &&
            marks.before.stable !== marks.after.stable,
    );
    const name = moved?.marks.after.stable;
    if (!moved || name === undefined) return [];
    const users = changes.filter(({ isOptIn }) => !isOptIn);
    const next = namedFor(users, before, name);
    const share = shareByWord(users, name, stable.name) ?? leastShare(users, next);
    const moves = users.some((change) =>
        change.after.some(({ outcome, percent }) => Math.abs(percent - shareOf(change.before, outcome)) > 0.05),
    );
    if (share > 99.95 && !moves) return [];
    const fix = `pulumi config set --path stable.${service} ${stable.name}`;
    const detail = `${stable.name} → ${name}`;
    return [{ code: "stable-moved", service, namespace, version: name, from: share, detail, fix }];
}

/**
 * The least share that a version has at an edge that tells its requests which release they belong to: by that word, for all of them may
 * go to the same pods. What it sends elsewhere counts where that is a version, too; who gives tokens has none. Undefined where no edge
 * says so.
 *
 * @param stable the one before.
 */
function shareByWord(users: readonly Change[], name: string, stable: string): number | undefined {
    const told = users.filter(({ before }) => before.some(({ outcome }) => releaseHeader in outcome.given));
    if (told.length === 0) return undefined;
    const versions = new Set([
        name,
        stable,
        ...told.flatMap(({ before }) => before.map(({ outcome }) => outcome.name)),
    ]);
    // Those who are told are among them.
    const served = users.filter(({ before }) => before.some(({ outcome }) => versions.has(outcome.name)));
    const shares = served.map(({ before }) =>
        before.reduce((sum, { outcome, percent }) => (outcome.name === name ? sum + percent : sum), 0),
    );
    return Math.min(...shares);
}

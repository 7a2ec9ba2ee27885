import type { Change } from "../effect/changes";
import { isSame, shareOf } from "../effect/effect";
import type { Outcome } from "../effect/share";
import type { Finding } from "./findings";
import { setWeights } from "./fixes";
import type { Raise } from "./raises";
import type { Stable } from "./stable";

/** A switch goes all the way, to the version that was declared for it before: to 90 is a large raise, whatever was declared. */
export function isDeclaredSwitch({ change, outcome, to }: Raise): boolean {
    return to > 99.95 && change.marks.before.blueGreen === outcome.name;
}

/**
 * What keeps a declared switch from being made; nothing where it may be. What is switched to must be what testers could reach, by
 * something that they send on purpose, in what is applied: the same pods with the same code.
 *
 * @param tested what testers reach before the step, of all places of the service.
 */
export function switchFindings(raise: Raise, { outcomes }: Stable, tested: readonly Change[]): Finding[] {
    const { change, outcome, alike, from, to } = raise;
    const step = { service: change.service, namespace: change.namespace, version: outcome.name, from, to };
    const findings: Finding[] = [];
    if (!tested.some(({ before }) => shareOf(before, outcome) > 0)) {
        const other = tested.some(({ before }) => before.some((one) => one.outcome.name === outcome.name));
        const detail = other
            ? `what testers reach as ${outcome.name} is not what is to run`
            : `no header leads to ${outcome.name} in what is applied`;
        // The test is a step of its own, with everybody where they are.
        const back = setWeights(change.service, { [outcomes[0]?.name ?? ""]: 100, [outcome.name]: 0 });
        const fix = `${back} --plaintext canaryHeader.name=X-group --plaintext canaryHeader.exact=test --plaintext canaryHeader.to=${outcome.name}`;
        findings.push({ ...step, code: "switch-untested", detail, fix });
    }
    const [ready, needed] = [readyOf(alike), readyOf(outcomes)];
    if (ready === undefined || needed === undefined)
        findings.push({ ...step, code: "switch-pods", detail: "its ready pods could not be counted" });
    else if (ready < Math.max(1, needed)) {
        const detail = `${outcome.name} has ${ready} ready pods and ${outcomes[0]?.name ?? "stable"} ${needed}: it needs as many, and one at least`;
        findings.push({ ...step, code: "switch-pods", detail });
    }
    return findings;
}

/** Ready pods of some outcomes; undefined where they could not be counted. */
function readyOf(outcomes: readonly Outcome[]): number | undefined {
    const distinct = outcomes.filter((one, index) => outcomes.findIndex((other) => isSame(one, other)) === index);
    const counts = distinct.map(({ ready }) => ready);
    return counts.every((count) => count !== undefined) ? counts.reduce((sum, count) => sum + count, 0) : undefined;
}

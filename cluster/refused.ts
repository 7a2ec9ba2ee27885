import type { Finding } from "../components/traffic/judge/findings";
import { describeFindings } from "../components/traffic/judge/words";
import { UserError } from "../components/userError";

/**
 * Something was looked at and is not well, so that nothing was done: findings. Whoever throws anything else could not look, or was
 * asked for what makes no sense. A script must tell the two apart, by the exit code.
 */
export class Refused extends UserError {}

/** The judge has refused an update. */
export class StepRefused extends Refused {
    constructor(readonly findings: readonly Finding[]) {
        super({ what: `The step is refused, and nothing of it was applied:\n${linesOf(findings)}` });
    }
}

/** Findings in words, each line once: several can have one way out. */
export function linesOf(findings: readonly Finding[]): string {
    return [...new Set(describeFindings(findings).split("\n"))].join("\n");
}

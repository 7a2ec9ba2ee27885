import { UserError } from "../components/userError";

/**
 * Something was looked at and is not well, so that nothing was done: findings. Whoever throws anything else could not look, or was
 * asked for what makes no sense. A script must tell the two apart, by the exit code.
 */
export class Refused extends UserError {}

/** The judge has refused an update. */
export class StepRefused extends Refused {
    /** @param findings all of them, as a person reads them, each with its fix. */
    constructor(readonly findings: string) {
        super({ what: `The step is refused, and nothing of it was applied:\n${findings}` });
    }
}

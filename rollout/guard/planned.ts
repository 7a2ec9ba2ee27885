import type { Plan, PlanFinding } from "../plan/model";
import { planOf } from "../plan/plan";
import { beforeAndAfter, nameOf } from "../plan/told";

/** What is to be said of a step, whoever has judged it. */
export interface Judgement {
    /** Who would move, a line for each service. */
    readonly moves: readonly string[];
    /** Each with the command that makes the next allowed step of it, where there is one. */
    readonly findings: readonly { readonly message: string; readonly fix?: string | undefined }[];
    /** What else was seen: that the cluster could not be read, that nothing is applied yet. */
    readonly notes: readonly string[];
}

/**
 * Judges the step that any project's program would make. What a program makes of its config only the program knows, and so it is
 * previewed, and the preview judged: by the same judge as for the demo systems, whose config is enough.
 *
 * @param folder of the project.
 * @throws when it can't be judged: the preview failed, or the cluster that the step would be made on did not answer.
 */
export async function judgePlanned(stack: string, folder: string): Promise<Judgement> {
    return judgementOf(await planOf({ stack, folder }));
}

/** The same of a plan. */
export function judgementOf({ result, services, findings, errors, notKnown, live }: Plan): Judgement {
    if (result === "failed") throw new Error([...errors, ...notKnown].join("\n"));
    const refused = findings.filter(isRefused);
    // Nobody knows who is served on a cluster that does not answer; what was found without it holds all the same.
    if (refused.length === 0 && !live.seen && !live.unasked)
        throw new Error(`the cluster did not answer: ${live.why ?? "it gave no reason"}`);
    return {
        moves: services.map((service) => `~ ${nameOf(service)}: ${beforeAndAfter(service)} (${service.step.words})`),
        findings: refused,
        notes: [
            ...(live.seen ? [] : [`the cluster was not seen, the state alone is judged: ${live.why ?? "no reason"}`]),
            ...findings.filter((one) => !isRefused(one)).map(({ source, message }) => `${source}: ${message}`),
        ],
    };
}

function isRefused({ level }: PlanFinding): boolean {
    return level === "mandatory";
}

import type { Finding, FindingCode } from "../../components/traffic/judge/findings";
import type { StepLimits } from "../../components/traffic/judge/limits";
import { describeFindings } from "../../components/traffic/judge/words";
import type { Run } from "./run";
import { judgementOf, type RunStep } from "./step";

/** What is to be said of a step with these codes, in words. */
export function findingsIn(run: Run, step: RunStep, limits: StepLimits, codes: readonly FindingCode[]): string[] {
    const { findings, changes } = judgementOf(run, step, limits);
    // Only a program of ours has its weights in the stack's config: to another the command would be of no use.
    const ours = new Set(
        changes.flatMap(({ service, marks }) => ((marks.before.service ?? marks.after.service) ? [service] : [])),
    );
    const fixed = ({ fix, ...rest }: Finding): Finding =>
        rest.code === "removal" || (rest.services ?? [rest.service]).every((one) => ours.has(one))
            ? { ...rest, fix }
            : rest;
    return findings.filter(({ code }) => codes.includes(code)).map((one) => describeFindings([fixed(one)]));
}

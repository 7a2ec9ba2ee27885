import { UserError } from "../../components/userError";
import { argumentsOf, namesOf, type Off } from "./members";
import { type Around, quoted, type ReleasePlan, releasePlan, stepsWithin } from "./plan";
import { defaultSteps, parseSteps, type ReleaseStep, wordOf } from "./steps";

/** Raises of a step, added up as the judge does it. */
interface Sum {
    readonly percent: number;
    readonly points: number;
    readonly limit: number;
    /** How many are raised. */
    readonly count: number;
}

/** The command that asks for the same by other steps. */
type Asking = (steps: string) => string;

/**
 * Says whether services can be released as one: each by itself, and all of them together, since a request meets several of them and
 * their raises add up to one.
 *
 * @param steps of each, which have to be the same.
 * @throws with every problem of every service.
 */
export function planTogether(
    moved: readonly Off[],
    steps: readonly string[],
    around: Omit<Around, "all">,
): ReleasePlan {
    const [text = ""] = steps;
    const [first, ...others] = moved;
    if (!first || others.length === 0) {
        if (!first) throw new Error("A release has no service.");
        return releasePlan(first.service, first.to, text, first.served, { ...around, baseline: first.baseline });
    }
    const all = { named: argumentsOf(moved), to: versionsIn(moved), raise: fitting(moved) };
    const problems: string[] = [];
    const plans = moved.flatMap(({ service, to, baseline, served }) => {
        try {
            return [releasePlan(service, to, text, served, { ...around, all, baseline })];
        } catch (error) {
            problems.push((error as Error).message);
            return [];
        }
    });
    const release: Asking = (text) =>
        `npx upshift release ${all.named}${around.where} --steps ${quoted(text)} --to ${all.to}`;
    if (new Set(steps).size > 1)
        problems.push(
            `${namesOf(moved)} are released as one, and have other steps each: ${[...new Set(steps)].join(" and ")}\n    fix: ${release(text)}`,
        );
    const [plan] = plans;
    if (plan) problems.push(...headerProblems(moved, plan.steps, release), ...tooMuch(moved, plan, all.raise, release));
    if (problems.length > 0 || !plan) throw new UserError({ what: problems.join("\n") });
    return plan;
}

/** As `--to` takes them: `v2` for all, or `review=v2,product=v3`. */
export function versionsIn(moved: readonly Pick<Off, "service" | "to">[]): string {
    const versions = [...new Set(moved.map(({ to }) => to))];
    return versions.length === 1 ? versions.join() : moved.map(({ service, to }) => `${service}=${to}`).join(",");
}

/** One header leads to one version. */
function headerProblems(moved: readonly Off[], steps: readonly ReleaseStep[], release: Asking): string[] {
    const versions = [...new Set(moved.map(({ to }) => to))];
    if (steps[0]?.kind !== "header" || versions.length === 1) return [];
    const rest = steps.slice(1).map(wordOf).join(",");
    return [
        `one header can't lead to ${versions.join(" and ")}: a header test needs the same version of each service\n    fix: ${release(rest)}`,
    ];
}

function tooMuch(moved: readonly Off[], { steps, isSwitch }: ReleasePlan, raise: number, release: Asking): string[] {
    // A switch that was declared is measured by its test, and not by its size.
    if (isSwitch) return [];
    const over = sumsOf(moved, steps).filter(({ points, limit, count }) => count > 1 && limit < 100 && points > limit);
    if (over.length === 0) return [];
    const offered = stepsWithin(steps, Math.max(...moved.map(shareOf)), raise);
    const needed = Math.min(100, Math.max(...over.map(({ points }) => points)));
    const said = over.map(
        ({ percent, points, limit }) =>
            `the step to ${percent} raises ${namesOf(moved)} by ${points} points in all; at most ${limit} a step (limits.maxRaiseTogether)`,
    );
    const fix = `${release(offered)}\n    or, where so much may be: pulumi config set --path limits.maxRaiseTogether ${needed} && pulumi up`;
    return [`${said.join("\n")}\n    fix: ${fix}`];
}

/** The raises of each step, by what is judged together. */
function sumsOf(moved: readonly Off[], steps: readonly ReleaseStep[]): Sum[] {
    const groups = [...new Set(moved.map(({ served }) => served.group))];
    return groups.flatMap((group) => {
        const own = moved.filter(({ served }) => served.group === group);
        const at = new Map(own.map((one) => [one.service, shareOf(one)]));
        return steps.flatMap((step): Sum[] => {
            if (step.kind !== "weight") return [];
            const raised = own.filter(({ service }) => (at.get(service) ?? 0) < step.percent);
            const points = raised.reduce((sum, { service }) => sum + step.percent - (at.get(service) ?? 0), 0);
            for (const { service } of raised) at.set(service, step.percent);
            const limit = Math.min(...raised.map(({ served }) => served.maxRaiseTogether));
            return [{ percent: step.percent, points, limit, count: raised.length }];
        });
    });
}

/**
 * The steps of a release for which the config names none, where the usual ones are more than its limits allow: as many as these ask for.
 *
 * @param declared `release` of the config, by service.
 * @returns undefined where some are named, or the usual ones will do.
 */
export function fittingSteps(
    released: readonly Pick<Off, "service" | "served">[],
    declared: Readonly<Record<string, unknown>>,
): string | undefined {
    if (released.some(({ service }) => (declared[service] as { steps?: unknown } | undefined)?.steps !== undefined))
        return undefined;
    const steps = stepsWithin(parseSteps(defaultSteps, "").steps, 0, fitting(released));
    return steps === defaultSteps ? undefined : steps;
}

/** Points by which each of them may be raised at once, so that all limits hold. */
function fitting(moved: readonly Pick<Off, "served">[]): number {
    const raises = moved.map(({ served }) => {
        const count = moved.filter((one) => one.served.group === served.group).length;
        const together = served.maxRaiseTogether >= 100 ? 100 : Math.floor(served.maxRaiseTogether / count);
        return Math.min(served.maxRaise, together);
    });
    return Math.max(1, Math.min(...raises));
}

function shareOf({ to, served }: Off): number {
    return served.weights[to] ?? 0;
}

import type { Problem } from "./problem";
import { type VersionName, weightOf, type Weights } from "./weights";

/** The two deployments of an application side by side: the one that users reach, and the one that is tried out. */
export enum Stage {
    Active = "active",
    Smoke = "smoke",
}

/** The version that the frontends of each stage run. */
export interface PairPlan {
    readonly active: VersionName;
    /** None where there is no second deployment. */
    readonly smoke?: VersionName;
}

/**
 * What the stages run, by the weights: active the version with 100 percent, or the stable one while the weights are
 * split; smoke the version next to the stable one, also after it was taken into active service (seed 004).
 *
 * @param versions the versions that are there: one or two.
 */
export function planPairs(weights: Weights, stable: VersionName, versions: readonly VersionName[]): PairPlan {
    const whole = versions.find((version) => weightOf(weights, version) === 100);
    const smoke = versions.length > 1 ? versions.find((version) => version !== stable) : undefined;
    return { active: whole ?? stable, ...(smoke && { smoke }) };
}

/** The stage that gets a version's requests; undefined when none runs it. */
export function stageOf({ active, smoke }: PairPlan, version: VersionName): Stage | undefined {
    if (version === active) return Stage.Active;
    return version === smoke ? Stage.Smoke : undefined;
}

/** The versions that requests can be sent to, each with the Service of the stage that runs it. */
export function entryOf(plan: PairPlan): Record<VersionName, string> {
    const versions = [...new Set([plan.active, plan.smoke ?? plan.active])].sort();
    return Object.fromEntries(versions.map((version) => [version, `frontend-${stageOf(plan, version)}`]));
}

/** Whether requests of the entry reach the smoke stage: by a share, or by the canary header. */
export function smokeServes(plan: PairPlan, weights: Weights, headerTo?: VersionName): boolean {
    const { smoke } = plan;
    if (smoke === undefined || stageOf(plan, smoke) !== Stage.Smoke) return false;
    return weightOf(weights, smoke) > 0 || headerTo === smoke;
}

/** What the frontends of a stage run now. */
export interface LiveFrontend {
    readonly version: VersionName;
    /** The pair whose backends they ask. */
    readonly pair: string;
}

/** What runs now. */
export interface LiveStages {
    readonly active?: LiveFrontend | undefined;
    readonly smoke?: LiveFrontend | undefined;
    /** Percent of the entry's requests that the smoke stage gets. */
    readonly smokeShare: number;
}

/** What runs before the first step. */
export const nothingLive: LiveStages = { smokeShare: 0 };

/**
 * The version that changes in place. To go back to the stable version is to run it in the active stage's pods again: that is how
 * this strategy goes back, and needs no word of the user's.
 */
export function inPlaceOf(
    { active }: PairPlan,
    stable: VersionName | undefined,
    declared?: VersionName,
): VersionName | undefined {
    return declared ?? (active === stable ? stable : undefined);
}

/** In what order a step changes the stages: before the routes, or after them. */
export interface StepOrder {
    readonly beforeRoutes: readonly Stage[];
    readonly afterRoutes: readonly Stage[];
}

/**
 * Orders a step so that no route leads to where nothing runs, and nobody meets a version that serves neither before nor
 * after the step: a stage that is to serve is there before the routes, one that serves no more changes after them. Where
 * active changes its version while smoke is to serve (a way back), the routes come first: changed under the old routes,
 * active would take the smoke version away from those who are to keep it.
 */
export function orderOf(live: LiveStages, plan: PairPlan, servesSmoke: boolean): StepOrder {
    const activeLater = servesSmoke && live.active !== undefined && live.active.version !== plan.active;
    const later = (stage: Stage): boolean => (stage === Stage.Active ? activeLater : !servesSmoke);
    const stages = [Stage.Active, ...(plan.smoke === undefined ? [] : [Stage.Smoke])];
    return { beforeRoutes: stages.filter((stage) => !later(stage)), afterRoutes: stages.filter(later) };
}

/**
 * Smoke can't change its version under users unless the new one is to serve them too.
 *
 * @returns a problem where the step must be made in two.
 */
export function orderProblems(live: LiveStages, plan: PairPlan, weights: Weights, headerTo?: VersionName): Problem[] {
    const { smoke, smokeShare } = live;
    if (!smoke || smokeShare === 0 || plan.smoke === undefined || smoke.version === plan.smoke) return [];
    if (!smokeServes(plan, weights, headerTo) || weightOf(weights, plan.smoke) > 0) return [];
    return [
        {
            at: "weights.frontend",
            message:
                `frontend-smoke serves ${smokeShare} % of the users as ${smoke.version}, and can't become ${plan.smoke}, ` +
                `which has no share, in the same step: first give ${smoke.version} 0 or 100 percent`,
        },
    ];
}

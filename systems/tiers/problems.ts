import {
    type LiveFrontend,
    type LiveStages,
    orderProblems,
    type PairPlan,
    smokeServes,
    Stage,
    stageOf,
} from "../../components/traffic/split/pairs";
import type { Problem } from "../../components/traffic/split/problem";
import { type VersionName, weightOf, weightProblems, type Weights } from "../../components/traffic/split/weights";
import type { PairArgs, PairedTiersArgs, StageArgs } from "./args";

/** What is asked for, as far as it can be judged without knowing what runs. */
export type AskedFor = Pick<PairedTiersArgs, "active" | "smoke" | "weights" | "canaryHeader"> & {
    pairs: Pick<PairArgs, "name" | "version" | "backendReplicas" | "compatibleBackend">[];
};

/** @returns every reason why the pairs can't serve what is asked for. */
export function pairedProblems(asked: AskedFor): Problem[] {
    const unfit = [...unknownPairs(asked), ...mixedPairs(asked)];
    if (unfit.length > 0) return unfit;
    const plan = planOf(asked);
    return [...weightsWithoutStage(asked, plan), ...headerWithoutStage(asked, plan), ...emptyButServing(asked, plan)];
}

/** @returns every reason why what runs now can't become what is asked for in one step. */
export function liveProblems(asked: AskedFor, live: LiveStages): Problem[] {
    const plan = planOf(asked);
    const refusing = (
        [
            [Stage.Active, live.active],
            [Stage.Smoke, live.smoke],
        ] as const
    ).flatMap(([stage, running]) => (running ? refusedCallers(asked, stage, running) : []));
    return [...orderProblems(live, plan, asked.weights ?? {}, asked.canaryHeader?.to), ...refusing];
}

/** The versions that the stages' frontends are to run. */
export function planOf({ pairs, active, smoke }: AskedFor): PairPlan {
    const versionOf = (name: string): VersionName => pairs.find((pair) => pair.name === name)?.version ?? name;
    return { active: versionOf(active.pair), ...(smoke && { smoke: versionOf(smoke.pair) }) };
}

/** The shares of the backends' versions that follow from those of the frontends'. */
export function backendWeights(asked: AskedFor, frontends: Weights): Weights {
    const plan = planOf(asked);
    const shares = Object.entries(frontends).map(([version, share]): [VersionName, number] => {
        const stage = stageOf(plan, version) === Stage.Smoke ? asked.smoke : asked.active;
        const pair = asked.pairs.find(({ name }) => name === stage?.pair);
        return [pair?.compatibleBackend?.version ?? version, share];
    });
    return shares.reduce<Weights>((sum, [name, share]) => ({ ...sum, [name]: weightOf(sum, name) + share }), {});
}

function unknownPairs({ pairs, active, smoke }: AskedFor): Problem[] {
    const names = pairs.map((pair) => pair.name);
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    const wanted = [[Stage.Active, active.pair] as const, ...(smoke ? [[Stage.Smoke, smoke.pair] as const] : [])];
    return [
        ...twice.map((name) => ({ at: "pairs", message: `${name} is named twice` })),
        ...wanted
            .filter(([, pair]) => !names.includes(pair))
            .map(([stage, pair]) => ({
                at: `frontend-${stage}`,
                message: `there is no pair ${pair}; the pairs are ${names.join(", ")}`,
            })),
    ];
}

function mixedPairs({ pairs }: AskedFor): Problem[] {
    return pairs.flatMap(({ name, version, compatibleBackend: backend }) =>
        backend && !backend.accepts.includes(version)
            ? [
                  {
                      at: `tiers.${name}`,
                      message:
                          `frontend ${version} would ask backend ${backend.version}, which answers ` +
                          `${backend.accepts.join(", ")}: the backend goes first, and comes back last`,
                      fix: `pulumi config set --path tiers.${name}.backend ${version}`,
                  },
              ]
            : [],
    );
}

function weightsWithoutStage({ weights = {}, pairs }: AskedFor, plan: PairPlan): Problem[] {
    if (Object.keys(weights).length === 0) return [];
    const known = [...new Set(pairs.map(({ version }) => version))];
    const unfit = weightProblems("weights.frontend", weights, known);
    if (unfit.length > 0) return unfit;
    return known
        .filter((version) => weightOf(weights, version) > 0 && stageOf(plan, version) === undefined)
        .map((version) => ({
            at: `weights.frontend.${version}`,
            message: `no frontend runs ${version}; active runs ${plan.active}${plan.smoke ? `, smoke ${plan.smoke}` : ""}`,
        }));
}

function headerWithoutStage({ canaryHeader }: AskedFor, plan: PairPlan): Problem[] {
    if (!canaryHeader || stageOf(plan, canaryHeader.to)) return [];
    const { active, smoke = active } = plan;
    return [
        {
            at: "canaryHeader.to",
            message: `no frontend runs ${canaryHeader.to}; active runs ${active}, smoke ${smoke}`,
            fix: `pulumi config set --path canaryHeader.to ${smoke}`,
        },
    ];
}

/** No pods only where nobody is served. */
function emptyButServing(asked: AskedFor, plan: PairPlan): Problem[] {
    const { pairs, active, smoke, weights = {}, canaryHeader } = asked;
    const problems: Problem[] = [];
    const empty = (name: string, why: string): number =>
        problems.push({
            at: `replicas.${name}`,
            message: `${name} can't be without pods: ${why}`,
            fix: `pulumi config rm --path replicas.${name}`,
        });
    if (active.replicas === 0) empty("frontend-active", "users reach it");
    if (smoke?.replicas === 0 && smokeServes(plan, weights, canaryHeader?.to))
        empty(
            "frontend-smoke",
            `it serves ${plan.smoke} by ${weightOf(weights, plan.smoke ?? "") > 0 ? "weight" : "header"}`,
        );
    for (const { name } of pairs.filter((pair) => pair.backendReplicas === 0)) {
        const callers = callersOf(name, [[Stage.Active, active], ...(smoke ? [[Stage.Smoke, smoke] as const] : [])]);
        if (callers.length > 0) empty(`backend-${name}`, `${callers.join(" and ")} asks it`);
    }
    return problems;
}

function callersOf(pair: string, stages: (readonly [Stage, StageArgs])[]): string[] {
    return stages
        .filter(([, stage]) => stage.pair === pair && stage.replicas !== 0)
        .map(([stage]) => `frontend-${stage}`);
}

/** Backends change before their frontends: so they must answer those that run now, too. */
function refusedCallers({ pairs }: AskedFor, stage: Stage, running: LiveFrontend): Problem[] {
    const pair = pairs.find(({ name }) => name === running.pair);
    const { version, accepts } = pair?.compatibleBackend ?? { version: pair?.version ?? "", accepts: [pair?.version] };
    if (!pair || accepts.includes(running.version)) return [];
    return [
        {
            at: `tiers.${stage}.backend`,
            message:
                `backend-${pair.name} can't become ${version} while frontend-${stage} runs ${running.version}, ` +
                `which it does not answer: first the frontend alone`,
            fix: `pulumi config set --path tiers.${stage}.backend ${running.version}`,
        },
    ];
}

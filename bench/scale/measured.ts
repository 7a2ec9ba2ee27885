import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { run, sumOf, type Took, up } from "./run";
import { type Services, teamSize, whole } from "./services";

/** One thing that is timed. */
export interface Timed {
    readonly of: string;
    /** Makes ready for it, which is not timed. Without it nothing changes, and it may be repeated. */
    readonly ready?: (services: Services) => void;
    /** @param limit seconds that a command may take. @returns what all of its commands took together */
    readonly take: (services: Services, limit: number) => Promise<Took>;
}

/** All services in one stack, or those of each team in one of its own. */
export const layouts = [
    { name: "one stack", stacksOf: () => [whole] },
    { name: `a stack a team of ${teamSize}`, stacksOf: ({ teams }: Services) => teams },
] as const;
export type Layout = (typeof layouts)[number];

/**
 * What is timed of a layout, in this order: first the commands that only look, and find one service that is to be moved; then the
 * updates. Of teams it is the last one that is looked at and moved, which has what was deployed last.
 */
export function timedOf({ name, stacksOf }: Layout): Timed[] {
    const last = (all: Services): string => stacksOf(all).at(-1) ?? whole;
    const moveOne = (all: Services): void => all.move([all.count - 1], [last(all)]);
    const looks: Timed[] = [
        { of: "preview", take: (all, limit) => pulumi(all, [...preview, "--stack", last(all)], limit) },
        {
            of: "preview with the policy pack",
            take: (all, limit) => pulumi(all, [...preview, ...pack, "--stack", last(all)], limit),
        },
        { of: "plan", take: (all, limit) => upshift(all, ["plan", "--stack", last(all)], limit) },
        { of: "guard", take: (all, limit) => upshift(all, ["guard", "--stack", last(all)], limit) },
    ];
    const moves: Timed[] = [
        {
            of: "up, one changed",
            ready: moveOne,
            take: (all, limit) => pulumi(all, [...up, "--stack", last(all)], limit),
        },
        {
            of: "up, all changed",
            ready: (all) => all.move([...Array(all.count).keys()], stacksOf(all)),
            take: async (all, limit) => {
                let sum: Took = { seconds: 0, cpu: 0 };
                for (const stack of stacksOf(all))
                    sum = sumOf(sum, await pulumi(all, [...up, "--stack", stack], limit - sum.seconds));
                return sum;
            },
        },
    ];
    return [...looks, ...moves].map((one) => ({ ...one, of: `${one.of}, ${name}` }));
}

const preview = ["preview", "--non-interactive", "--color", "never"];
const pack = [
    ...["--policy-pack", path.join(projectRoot(), "policies")],
    ...["--policy-pack-config", path.join(projectRoot(), "bench", "policies.json")],
];

function pulumi({ folder, environment }: Services, args: readonly string[], limit: number): Promise<Took> {
    // A policy pack in TypeScript that is no module of npm is an experiment to Pulumi.
    return run("pulumi", args, { cwd: folder, env: { ...environment, PULUMI_EXPERIMENTAL: "true" } }, limit);
}

function upshift({ folder, environment }: Services, args: readonly string[], limit: number): Promise<Took> {
    const program = path.join(projectRoot(), "bin", "upshift.mjs");
    return run(process.execPath, [program, ...args, "--cwd", folder], { cwd: folder, env: environment }, limit);
}

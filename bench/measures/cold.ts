import { bareShop, moved } from "../contenders/bareShop";
import { pulumi, surroundings } from "../../rollout/pulumi";
import { setConfig } from "../../rollout/stack";
import { weightsConfig } from "../../rollout/weightsConfig";
import { setKeys } from "../../test/support/ownService";
import type { Sandbox } from "../../test/support/pulumi";
import { type Cost, costOf } from "./costOf";
import { type Measure, type Setting, soFar, type Taken } from "./measure";

/** Shares of the new version between which steps go there and back. */
const [low, high] = [40, 50];

const up = ["up", "--yes", "--skip-preview"];
const preview = ["preview"];

/** A program of the shop's resources, ours or the bare one. */
interface Program {
    readonly of: string;
    /** Writes the share into its config. */
    configure(v2: number): Promise<void>;
    /** Runs Pulumi on it. @param looks whether its memory is looked at */
    run(args: readonly string[], looks?: boolean): Promise<Cost>;
}

/**
 * A step of the shop by its own program and by the bare one, in turn. After each of ours the bare one makes the same step back and there
 * again, so that what is live is what the shop's state says.
 */
async function steps({ bed, runs, tell }: Setting, each: (program: Program) => Promise<void>): Promise<void> {
    const own = shop(bed.name);
    await own.configure(low);
    await pulumi([...up, "--stack", bed.name]);
    const project = await bareShop(bed.name);
    try {
        const bare = bareProgram(project);
        for (let run = 0, at = low; run < runs; run++) {
            const to = at === low ? high : low;
            await own.configure(to);
            await each(own);
            await bare.configure(at);
            await bare.run(up);
            await bare.configure(to);
            await each(bare);
            at = to;
        }
        tell("  the shop has all users on v1 again");
    } finally {
        project.remove();
        await own.configure(0);
        await pulumi([...up, "--stack", bed.name]);
    }
}

function shop(stack: string): Program {
    return {
        of: "upshift, the shop",
        configure: (v2) => setConfig(stack, weightsConfig(moved, { v1: 100 - v2, v2 })),
        run: async (args, looks = false) => costOf("pulumi", [...args, "--stack", stack], await surroundings(), looks),
    };
}

function bareProgram(project: Sandbox): Program {
    return {
        of: "bare program",
        configure: (v2) => setKeys(project, "weights", { v1: 100 - v2, v2 }),
        run: (args, looks = false) =>
            costOf("pulumi", args, { cwd: project.folder, env: { ...process.env, ...project.environment } }, looks),
    };
}

/** Values of a measure as they come, by who they are of. */
class Values {
    private readonly found = new Map<string, { unit: string; values: number[] }>();

    add(of: string, unit: string, value: number): readonly number[] {
        const one = this.found.get(of) ?? { unit, values: [] };
        one.values.push(value);
        this.found.set(of, one);
        return one.values;
    }

    taken(measure: string): Taken {
        return { figures: [...this.found].map(([of, one]) => ({ measure, of, ...one })), missing: [] };
    }
}

export const cold: Measure = {
    name: "cold",
    title: "A cold `pulumi up` of the shop",
    how: "66 resources, of which the step changes one VirtualService: the whole command, beside a bare program of the same resources on the same live objects, without our hooks, guards and waiting. Both transpile only, and have the same language host and provider.",
    needsContenders: false,
    async take(setting) {
        const values = new Values();
        await steps(setting, async (program) => {
            const { seconds } = await program.run(up);
            setting.tell(soFar(program.of, values.add(program.of, "s", seconds), "s"));
        });
        return values.taken("cold");
    },
};

/** CPU and memory are of the same commands: two measures of one kind, since a page's table has one unit. */
function cost(
    name: string,
    title: string,
    how: string,
    unit: string,
    of: (one: Cost) => number,
    looks: boolean,
): Measure {
    return {
        name,
        title,
        how,
        needsContenders: false,
        async take(setting) {
            const values = new Values();
            await steps(setting, async (program) => {
                for (const args of [preview, up]) {
                    const who = `${program.of}, ${args[0]}`;
                    const found = of(await program.run(args, looks));
                    setting.tell(soFar(who, values.add(who, unit, found), unit));
                }
            });
            return values.taken(name);
        },
    };
}

export const cpu = cost(
    "cpu",
    "CPU of a step of the shop",
    "User and system time of the command and all that it starts.",
    "s",
    (one) => one.cpuSeconds,
    false,
);

export const memory = cost(
    "memory",
    "Memory of a step of the shop",
    "The most that the command and all that it starts have at one time, pages that they share counted once (PSS), looked at ten times a second.",
    "MiB",
    (one) => one.peakBytes / 2 ** 20,
    true,
);

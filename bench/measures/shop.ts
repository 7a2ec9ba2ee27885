import { bareShop, moved } from "../contenders/bareShop";
import { surroundings } from "../../rollout/pulumi";
import { setConfig } from "../../rollout/stack";
import { weightsConfig } from "../../rollout/weightsConfig";
import { setKeys } from "../../test/support/ownService";
import type { Sandbox } from "../../test/support/pulumi";
import type { Described } from "../results/page";
import { seconds as timed, soFar } from "../timing";
import { type Cost, costOf } from "./costOf";
import { counted } from "./exchanged";
import type { Pass, Setting, Taken } from "./measure";
import { Pace } from "./pace";

/** Shares of the new version between which steps go there and back. */
const [low, high] = [40, 50];
/** Runs of each at least. */
const least = 3;
/** Starts after which no more is kept for the next one: a program that is started for the first time is no step of a release. */
const warmUps = 3;

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
async function steps({ bed, runs, seconds }: Setting, each: (program: Program) => Promise<void>): Promise<void> {
    const own = shop(bed.name);
    await own.configure(low);
    await own.run(up);
    const project = await bareShop(bed.name);
    try {
        const bare = bareProgram(project);
        for (const program of [own, bare]) for (let start = 0; start < warmUps; start++) await program.run(preview);
        const pace = new Pace({ seconds, runs, least }, 1);
        for (let at = low; pace.hasAnother("both");) {
            const to = at === low ? high : low;
            const both = async (): Promise<void> => {
                await own.configure(to);
                await each(own);
                await bare.configure(at);
                await bare.run(up);
                await bare.configure(to);
                await each(bare);
            };
            pace.took("both", await timed(both));
            at = to;
        }
    } finally {
        project.remove();
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
    const where = { cwd: project.folder, env: { ...process.env, ...project.environment } };
    return {
        of: "bare program",
        configure: (v2) => setKeys(project, "weights", { v1: 100 - v2, v2 }),
        run: (args, looks = false) => costOf("pulumi", args, where, looks),
    };
}

/** One measure of a pass: what of a command it takes, and of which. */
interface Taking extends Described {
    readonly unit: string;
    /** The commands that it is about; with several, figures are named by them, too. */
    readonly of: readonly (readonly string[])[];
    value(one: Cost & { readonly exchangedBytes: number }): number;
}

/** Values of several measures as they come, by who they are of. */
class Values {
    private readonly found = new Map<string, { measure: string; of: string; unit: string; values: number[] }>();

    add({ name: measure, unit }: Taking, of: string, value: number): readonly number[] {
        const key = `${measure} ${of}`;
        const one = this.found.get(key) ?? { measure, of, unit, values: [] };
        one.values.push(value);
        this.found.set(key, one);
        return one.values;
    }

    get taken(): Taken {
        return { figures: [...this.found.values()], missing: [] };
    }
}

/** Measures of the same commands, a preview and an update by each program. */
function pass(minutes: number, looks: boolean, measures: readonly Taking[]): Pass {
    const take = async (setting: Setting, bytes: () => number): Promise<Taken> => {
        const values = new Values();
        await steps(setting, async (program) => {
            for (const args of [preview, up]) {
                bytes();
                const cost = { ...(await program.run(args, looks)), exchangedBytes: bytes() };
                for (const one of measures.filter(({ of }) => of.includes(args))) {
                    const who = one.of.length > 1 ? `${program.of}, ${args[0]}` : program.of;
                    setting.tell(`  ${one.name}:${soFar(who, values.add(one, who, one.value(cost)), one.unit)}`);
                }
            }
        });
        return values.taken;
    };
    return {
        measures,
        minutes,
        needsContenders: false,
        take: (setting) =>
            looks ? counted(setting.bed.kubeconfig, (bytes) => take(setting, bytes)) : take(setting, () => 0),
    };
}

const both = [preview, up];
const mebi = 2 ** 20;

export const timedSteps = pass(4, false, [
    {
        name: "cold",
        title: "A cold `pulumi up` of the shop",
        how: "66 resources, of which the step changes one VirtualService: the whole command with `--skip-preview`, beside a bare program of the same resources on the same live objects, without our hooks, guards and waiting. Both transpile only, and have the same language host and provider.",
        unit: "s",
        of: [up],
        value: (one) => one.seconds,
    },
    {
        name: "preview",
        title: "A cold `pulumi preview` of the same step",
        how: "By the same two programs, before each update.",
        unit: "s",
        of: [preview],
        value: (one) => one.seconds,
    },
    {
        name: "cpu",
        title: "CPU of a step of the shop",
        how: "User and system time of the command and all that it starts, of the same runs.",
        unit: "s",
        of: both,
        value: (one) => one.cpuSeconds,
    },
]);

export const lookedAtSteps = pass(3, true, [
    {
        name: "memory",
        title: "Memory of a step of the shop",
        how: "The most that the command and all that it starts have at one time, pages that they share counted once (PSS), looked at five times a second.",
        unit: "MiB",
        of: both,
        value: (one) => one.peakBytes / mebi,
    },
    {
        name: "written",
        title: "Bytes that a step of the shop writes to disk",
        how: "By the command and all that it starts, as the kernel counts them for the disk (`write_bytes` of `/proc/PID/io`): state, its backups and history, locks, and what is kept for the next start.",
        unit: "MiB",
        of: both,
        value: (one) => one.writtenBytes / mebi,
    },
    {
        name: "exchanged",
        title: "Bytes that a step of the shop exchanges with the API server",
        how: "Both directions together as they are on the wire, encrypted, counted by a relay in between; with hooks and guards, what they ask the mesh's proxies by way of the API server is in it.",
        unit: "MiB",
        of: both,
        value: (one) => one.exchangedBytes / mebi,
    },
]);

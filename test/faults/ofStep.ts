import { kubectl } from "../support/kubectl";
import { FullStateDisk } from "./disk";
import type { Fault, Scene } from "./scene";
import { familyOf, memberOf, signal } from "./victims";

const everywhere = ["weights", "header", "blue/green", "namespaces", "pairs", "replicas"] as const;

/** The names of the faults that are struck fifty times in a whole run. */
export const killsOfTheStep = ["pulumi up killed", "provider killed", "program killed"] as const;

/** What befalls the step itself: its processes, its disk, other people. */
export const faultsOfStep: readonly Fault[] = [
    stateDisk(),
    {
        name: "two engineers",
        does: "a second `pulumi up` while the first one runs: it must say who has the stack, and change nothing",
        during: ["weights", "replicas"],
        at: 0.3,
        strike: async ({ user }) => {
            const { code, printed } = await user.type("pulumi up");
            const isTold = /currently locked/.test(printed) && /created by .*\(pid \d+\) at /.test(printed);
            const words = `the second was not told who has the stack, and ended with ${code}: ${printed.slice(-600)}`;
            return code !== 0 && isTold ? [] : [words];
        },
    },
    {
        name: "kubectl patch in mid-step",
        does: "somebody gives both versions half of the users by hand",
        during: ["weights", "namespaces"],
        foreign: "50/50",
        strike: patchByHand,
    },
    killed("pulumi up killed", "SIGKILL of the CLI alone, at a random point; its children go on", /^pulumi up /),
    killed("provider killed", "SIGKILL of the Kubernetes provider, at a random point", /pulumi-resource-kubernetes/),
    killed("program killed", "SIGKILL of the program, at a random point", /cmd\/run\/index\.js/),
];

function killed(name: (typeof killsOfTheStep)[number], does: string, commandLine: RegExp): Fault {
    return {
        name,
        does,
        during: everywhere,
        strike: ({ step }: Scene): Promise<void> => {
            const victim = memberOf(familyOf(step.pid), commandLine);
            // One that has not begun yet, or has ended: the step is as it would be.
            if (victim !== undefined) signal([victim], "SIGKILL");
            return Promise.resolve();
        },
    };
}

/** The state can't be written while the step is made, and can again once it has ended. */
function stateDisk(): Fault {
    const disk = new FullStateDisk();
    return {
        name: "disk of the state full",
        does: "Pulumi's state is on a disk that has no byte left when the step begins, and room again when it has ended",
        during: ["weights", "replicas"],
        before: disk,
        strike: async ({ step }) => {
            const { code } = await step.ended;
            disk.makeRoom();
            return code === 0 ? ["the step went well, so that the disk can't have been full"] : [];
        },
    };
}

/** Both routes of the users get half, by a JSON patch of the rule of weights. */
async function patchByHand({ cluster, transition }: Scene): Promise<void> {
    const [, name = "", , namespace = ""] = transition.shares;
    const half = [0, 1].map((index) => ({ op: "add", path: `/spec/http/0/route/${index}/weight`, value: 50 }));
    const patch = ["--type=json", "-p", JSON.stringify(half)];
    await kubectl(cluster, ["patch", "virtualservice", name, "-n", namespace, ...patch]);
}

import { freshPods, freshWith, gone, slowFresh, type Allowed, type Fault, stopped } from "./scene";
import { signal } from "./victims";

const ofTheNewVersion: Allowed = {
    why: "its only pod is gone or stands still, and the mesh tries nothing again; the old version serves all the time",
    says: gone,
    seconds: 60,
};

/** What is wrong with the new version. */
export const faultsOfVersion: readonly Fault[] = [
    {
        name: "v2 starts slowly",
        does: "its pods are not asked whether they are ready for 20 s",
        during: ["replicas"],
        isOutward: true,
        before: slowFresh,
        strike: nothing,
    },
    {
        name: "v2 never gets ready",
        does: "its pods say so to every check; the step must not be made",
        // A step that changes the number of its pods writes its Deployment anew, and with it what makes it so.
        during: ["weights"],
        isTakenBack: true,
        before: freshWith("FAIL_READINESS=true"),
        strike: nothing,
    },
    {
        name: "v2 crashes",
        does: "SIGKILL of its program in the middle of the step that gives it users",
        during: ["weights", "namespaces", "blue/green"],
        isOutward: true,
        strike: async (scene) => signal(await freshPods(scene), "SIGKILL"),
        mayFail: ofTheNewVersion,
    },
    {
        name: "v2 hangs",
        does: "SIGSTOP of its program in the middle of the step that gives it users, then SIGCONT",
        during: ["weights", "namespaces", "blue/green"],
        isOutward: true,
        strike: async (scene) => stopped(await freshPods(scene), scene.stopSeconds),
        mayFail: ofTheNewVersion,
    },
    {
        name: "v2 answers 5 % errors",
        does: "the step is made by `npx upshift release`, which must give everybody back",
        during: ["weights"],
        isTakenBack: true,
        before: freshWith("FAIL_RATE=5"),
        command: ({ service }) => `npx upshift release ${service} --to v2 --steps 20,40,60,80,100 --bake 30s --again`,
        says: /^Rolled back\./m,
        strike: nothing,
        mayFail: {
            why: "one in twenty of the requests that reach v2 fails by its own word, until the gate has seen enough of it",
            // The edge tells on what the version answered.
            says: /^500|answered 500/,
            seconds: 180,
        },
    },
];

/** For faults that are there before the step begins. */
function nothing(): Promise<void> {
    return Promise.resolve();
}

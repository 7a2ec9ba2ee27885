import type { Context } from "mocha";
import { checkMachine } from "../../cluster/embedded/machine";

/** Leaves a suite out, and says why, where no embedded cluster can run. With CI=true that is a failure. */
export function leaveOutWhereNoneRuns(suite: Context, cluster: string): void {
    try {
        checkMachine(cluster);
    } catch (error) {
        if (process.env.CI === "true") throw error;
        console.log(`    left out: ${(error as Error).message}`);
        suite.skip();
    }
}

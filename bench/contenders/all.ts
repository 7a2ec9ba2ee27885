import type { Bed } from "../bed";
import { Argo } from "./argo";
import type { Contender } from "./contender";
import { Flagger } from "./flagger";
import { KubectlPatch } from "./kubectl";
import { PulumiProgram } from "./pulumiProgram";
import { seconds, within } from "../timing";
import { UpshiftProject, UpshiftRelease, UpshiftUp } from "./upshift";

/** Everybody, in the order in which they take turns. */
export function contendersOn(bed: Bed): Contender[] {
    const project = new UpshiftProject(bed);
    return [
        new UpshiftRelease(project),
        new UpshiftUp(project),
        new KubectlPatch(bed),
        new Argo(bed),
        new Flagger(bed),
        new PulumiProgram(bed),
    ];
}

/** Who can't be measured, and why. */
export interface Failed {
    readonly of: string;
    readonly why: string;
}

/** Does for each of them what is told. One for whom it fails is left out, with why; the others are measured all the same. */
async function those(
    all: readonly Contender[],
    work: (one: Contender) => Promise<void>,
    tell: (line: string) => void,
): Promise<{ ready: Contender[]; failed: Failed[] }> {
    const ready: Contender[] = [];
    const failed: Failed[] = [];
    for (const one of all) {
        try {
            await work(one);
            ready.push(one);
        } catch (error) {
            const { message } = error as Error;
            const [why = ""] = message.split("\n");
            failed.push({ of: one.name, why });
            tell(`  ${one.name} can't be measured: ${message}`);
        }
    }
    return { ready, failed };
}

/** Gets what all of them need: built and installed once on a machine. */
export function prepared(all: readonly Contender[], tell: (line: string) => void): ReturnType<typeof those> {
    return those(all, async (one) => one.prepare?.(), tell);
}

/** Brings them up. */
export function broughtUp(all: readonly Contender[], tell: (line: string) => void): ReturnType<typeof those> {
    const up = async (one: Contender): Promise<void> => {
        const took = await seconds(() => within(upSeconds, `What brings ${one.name} up`, one.up(), () => ""));
        tell(`  ${one.name} is up after ${took.toFixed(0)} s`);
    };
    return those(all, up, tell);
}

/** Seconds within which one has to be up. */
const upSeconds = 300;

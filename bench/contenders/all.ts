import type { Bed } from "../bed";
import { Argo } from "./argo";
import type { Contender } from "./contender";
import { Flagger } from "./flagger";
import { KubectlPatch } from "./kubectl";
import { PulumiProgram } from "./pulumiProgram";
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

/** Brings them up. One that can't be is left out, with why; the others are measured all the same. */
export async function broughtUp(
    all: readonly Contender[],
    tell: (line: string) => void,
): Promise<{ up: Contender[]; failed: { of: string; why: string }[] }> {
    const up: Contender[] = [];
    const failed: { of: string; why: string }[] = [];
    for (const one of all) {
        const began = Date.now();
        try {
            await one.up();
            up.push(one);
            tell(`  ${one.name} is up after ${((Date.now() - began) / 1000).toFixed(0)} s`);
        } catch (error) {
            const [why = ""] = (error as Error).message.split("\n");
            failed.push({ of: one.name, why });
            tell(`  ${one.name} can't be measured: ${(error as Error).message}`);
        }
    }
    return { up, failed };
}

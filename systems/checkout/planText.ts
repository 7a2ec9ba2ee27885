import type { TargetPlan } from "../../cluster/target";
import type { ChosenTarget } from "./target";

/**
 * One screen: where it will run, what it installs, what it leaves alone, and how to undo it.
 *
 * @param names what is to be said of the stack's host names; nothing where they lead to it.
 */
export function planText({ target, why }: ChosenTarget, plan: TargetPlan, names: readonly string[] = []): string {
    const parts: [string, readonly string[]][] = [
        ["where", [`${target.name}: ${why}`, ...plan.where]],
        ["installs", plan.installs],
        ["leaves alone", plan.leaves],
        ["undo", plan.undo],
        ["host names", names],
    ];
    return parts
        .map(([title, lines]) => lines.map((line, at) => `  ${(at === 0 ? title : "").padEnd(13)} ${line}`).join("\n"))
        .join("\n");
}

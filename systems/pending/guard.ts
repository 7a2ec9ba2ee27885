import { describe } from "../../components/traffic/judge/words";
import { judgePending } from "./judge";
import type { Judgement } from "../../rollout/guard/planned";

/**
 * Judges what the config of this checkout's stack asks for, without running its program.
 *
 * @throws when it can't be judged.
 */
export async function judgePendingConfig(stack: string): Promise<Judgement> {
    const { moves, findings, notes } = await judgePending(stack);
    return { moves, findings: findings.map((one) => ({ ...one, message: describe(one) })), notes };
}

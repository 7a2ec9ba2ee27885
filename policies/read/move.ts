import type { Finding } from "../../components/traffic/judge/finding";
import type { KubeObject } from "./object";
import type { Run } from "./run";
import { declaredIn } from "./declared";
import { findingsOf, stepOf } from "./step";

/** A version that gets a larger share, and is not the stable one. */
export interface Move {
    readonly service: string;
    readonly version: string;
    readonly from: number;
    readonly to: number;
}

/**
 * The moves away from stable that routes make, however small.
 *
 * @returns findings where the step can't be judged: what can't be judged is refused by whoever asks.
 */
export async function movesIn(
    run: Run,
    routes: KubeObject,
): Promise<{ moves: Move[]; unreadable: readonly Finding[] }> {
    const step = await stepOf(run, routes);
    const { stable } = declaredIn(run, [routes]);
    const raises = findingsOf({ ...step, unreadable: [] }, { maxRaise: 0, maxRaiseTogether: 100, stable });
    const moves = raises.flatMap(({ services: [service], version, from, to }) =>
        service !== undefined && version !== undefined && from !== undefined && to !== undefined
            ? [{ service, version, from, to }]
            : [],
    );
    return { moves, unreadable: step.unreadable };
}

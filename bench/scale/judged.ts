import { isMoved } from "../../components/traffic/effect/moves";
import { judge } from "../../components/traffic/judge/judge";
import { overlay } from "../../components/traffic/world/world";
import { service, world } from "../../test/support/worlds";
import { seconds } from "../timing";
import type { Took } from "./run";

/**
 * What the judge takes for a step of one of so many services, two versions each behind one gateway, and what it takes to copy the
 * objects that it reads. No engine and no cluster.
 */
export async function judgedIn(services: number): Promise<{ judged: Took; copied: number }> {
    const of = (index: number, moved: number) => {
        const name = `service-${index}`;
        return service({ name, weights: { v1: 100 - moved, v2: moved }, marks: { service: name, stable: "v1" } });
    };
    // Anew each time: what was read before is not read again. As an update is: all others are left as they are.
    const before = world(...Array.from({ length: services }, (_, index) => of(index, 0)));
    const step = { readFrom: "state" as const, before, after: overlay(before, of(0, 20)) };
    const copied = await seconds(() => Promise.resolve(structuredClone([step.before, step.after])));
    const used = process.cpuUsage();
    const judgedSeconds = await seconds(() => {
        const { findings, changes } = judge([step], {});
        if (findings.length > 0 || !changes.some(isMoved)) throw new Error("that is not the step that is measured");
        return Promise.resolve();
    });
    const { user, system } = process.cpuUsage(used);
    return { judged: { seconds: judgedSeconds, cpu: (user + system) / 1e6 }, copied };
}

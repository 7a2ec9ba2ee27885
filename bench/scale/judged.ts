import { judge } from "../../components/traffic/judge/judge";
import { service, world } from "../../test/support/worlds";
import { seconds } from "../timing";
import type { Took } from "./run";

/**
 * What the judge takes for a step of one of so many services, two versions each behind one gateway, and what it takes to copy the
 * objects that it reads. No engine and no cluster.
 */
export async function judgedIn(services: number): Promise<{ judged: Took; copied: number }> {
    const at = (moved: number) =>
        world(
            ...Array.from({ length: services }, (_, index) =>
                service({
                    name: `service-${index}`,
                    weights: index === 0 ? { v1: 100 - moved, v2: moved } : { v1: 100, v2: 0 },
                    marks: { service: `service-${index}`, stable: "v1" },
                }),
            ),
        );
    // Anew each time: a world that was read before is not read again.
    const step = { readFrom: "state" as const, before: at(0), after: at(20) };
    const copied = await seconds(() => Promise.resolve(structuredClone([step.before, step.after])));
    const before = process.cpuUsage();
    const judgedSeconds = await seconds(() => {
        const { findings, changes } = judge([step], {});
        if (findings.length > 0 || changes.length < services) throw new Error("that is not the step that is measured");
        return Promise.resolve();
    });
    const { user, system } = process.cpuUsage(before);
    return { judged: { seconds: judgedSeconds, cpu: (user + system) / 1e6 }, copied };
}

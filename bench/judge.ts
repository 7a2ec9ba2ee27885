/**
 * What the judge costs beside copying the objects that it reads: 1,000 services with two versions each behind one gateway, of which
 * one takes a step. No engine and no cluster.
 *
 *     npm run bench:judge [-- services]
 */
import { judge } from "../components/traffic/judge/judge";
import { service, world } from "../test/support/worlds";
import { median } from "./results/statistics";
import { seconds } from "./timing";

async function main(services: number): Promise<void> {
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
    const found: { judged: number; copied: number }[] = [];
    for (let run = 0; run < 5; run++) {
        // Anew each time: a world that was read before is not read again.
        const step = { readFrom: "state" as const, before: at(0), after: at(20) };
        const copied = await seconds(() => Promise.resolve(structuredClone([step.before, step.after])));
        const judged = await seconds(() => {
            const { findings, changes } = judge([step], {});
            if (findings.length > 0 || changes.length < services)
                throw new Error("that is not the step that is measured");
            return Promise.resolve();
        });
        found.push({ judged, copied });
    }
    const [judged, copied] = [median(found.map((one) => one.judged)), median(found.map((one) => one.copied))];
    console.log(
        `${services} services: judged in ${judged.toFixed(2)} s, ${(judged / copied).toFixed(1)} times a copy of the objects`,
    );
}

void main(Number(process.argv[2] ?? 1000));

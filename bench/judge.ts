/**
 * What the judge costs beside copying the objects that it reads: 1,000 services with two versions each behind one gateway, of which
 * one takes a step. No engine and no cluster.
 *
 *     npm run bench:judge [-- services]
 */
import { median } from "./results/statistics";
import { judgedIn } from "./scale/judged";

async function main(services: number): Promise<void> {
    const found: Awaited<ReturnType<typeof judgedIn>>[] = [];
    for (let run = 0; run < 5; run++) found.push(await judgedIn(services));
    const [judged, copied] = [median(found.map((one) => one.judged.seconds)), median(found.map((one) => one.copied))];
    console.log(
        `${services} services: judged in ${judged.toFixed(2)} s, ${(judged / copied).toFixed(1)} times a copy of the objects`,
    );
}

void main(Number(process.argv[2] ?? 1000));

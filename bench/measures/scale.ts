import { scalePlot } from "../scale/plot";
import { expected, type Point } from "../scale/fit";
import { judgedIn } from "../scale/judged";
import { layouts, type Timed, timedOf } from "../scale/measured";
import { groundOn } from "../scale/ground";
import { type Services, teamSize } from "../scale/services";
import type { Took } from "../scale/run";
import { scaleTable } from "../scale/table";
import type { Figure } from "../results/results";
import { median } from "../results/statistics";
import { soFar } from "../timing";
import type { Pass, Setting, Taken } from "./measure";

const name = "scale";
/** Sizes that are measured where none are named. */
const usual = [1, 10, 100, 300, 1000];
/** Seconds that one of the timed things may take: what is expected to take longer is left out, and says so. */
const limit = 900;

export const scale: Pass = {
    measures: [
        {
            name,
            title: "Many services",
            how: `A Service, a DestinationRule and a VirtualService each, by a program of our components, on a real API server and mesh; all Services lead to the same two pods, whose proxies know all of them and are waited for. Whole commands, in one stack of all services and in stacks of ${teamSize}, one after another. Preview, plan and guard find one service changed. The judge is timed in a process, for two versions each with pods of their own. Exponents are fitted by least squares to the logarithms, from 10 services on: 1 is linear.`,
            table: scaleTable,
            plot: scalePlot,
        },
    ],
    minutes: 60,
    needsContenders: false,
    isAlone: true,
    async take(setting) {
        const { bed, tell, sizes = usual } = setting;
        const rows = new Rows(setting);
        const ground = await groundOn(bed);
        const { services } = ground;
        try {
            for (const size of [...sizes].sort((one, other) => one - other)) {
                await rows.add("judge", size, runsOf(setting, size), async () => (await judgedIn(size)).judged);
                tell(`  deploying ${size} services`);
                await services.grow(size);
                for (const layout of layouts) {
                    if (layout.name !== layouts[0].name) await services.splitByTeam();
                    await timed(services, timedOf(layout), rows, setting);
                }
            }
        } catch (error) {
            // What was measured of smaller sizes counts.
            rows.leaveOut("all of it", services.count, (error as Error).message);
        } finally {
            await ground.remove();
        }
        return rows.taken();
    },
};

/** Long ones are taken once: what chance adds to them is small. */
function runsOf({ runs }: Setting, size: number): number {
    return size >= 300 ? 1 : Math.min(runs, 3);
}

async function timed(services: Services, all: readonly Timed[], rows: Rows, setting: Setting): Promise<void> {
    // What those that only look find changed, the first update makes.
    let pending = all.find(({ ready }) => ready);
    pending?.ready?.(services);
    for (const one of all)
        await rows.add(one.of, services.count, runsOf(setting, services.count), () => {
            if (one !== pending) one.ready?.(services);
            else pending = undefined;
            return one.take(services, limit);
        });
}

/** Values as they come, and why some are missing. */
class Rows {
    private readonly figures: (Figure & { readonly services: number })[] = [];
    private readonly missing: Taken["missing"] = [];

    constructor(private readonly setting: Setting) {}

    /** Takes a row's value at a size several times, unless it is expected to take too long, or has failed before. */
    async add(of: string, services: number, runs: number, take: () => Promise<Took>): Promise<void> {
        if (this.missing.some((one) => one.of === of)) return;
        const points = this.figures
            .filter((one) => one.of === of)
            .map((one): Point => ({ services: one.services, seconds: median(one.values) }));
        const then = expected(points, services) ?? 0;
        if (then > limit) {
            this.leaveOut(of, services, `would take about ${Math.round(then / 60)} minutes`);
            return;
        }
        const taken: Took[] = [];
        try {
            for (let run = 0; run < runs; run++) taken.push(await take());
        } catch (error) {
            this.leaveOut(of, services, (error as Error).message);
            return;
        }
        const values = taken.map(({ seconds }) => seconds);
        const cpu = taken.map((one) => one.cpu);
        this.setting.tell(
            `${soFar(`${of}, ${services} services`, values, "s")} (CPU ${cpu.map((one) => one.toFixed(2)).join(", ")} s)`,
        );
        this.figures.push({ measure: name, of, services, unit: "s", values, cpu });
    }

    taken(): Taken {
        return { figures: this.figures, missing: this.missing };
    }

    leaveOut(of: string, services: number, why: string): void {
        this.setting.tell(`  ${of}, ${services} services: ${why}`);
        this.missing.push({ measure: name, of, why: `with ${services} services it ${why.split("\n")[0]}` });
    }
}

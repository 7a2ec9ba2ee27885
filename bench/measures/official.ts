import * as path from "node:path";
import { pathWith } from "../../rollout/env";
import { pluginsIn } from "../../test/support/pulumi";
import type { Figure } from "../results/results";
import { groundOn } from "../scale/ground";
import { run } from "../scale/run";
import { type Services, whole } from "../scale/services";
import { soFar } from "../timing";
import type { Pass } from "./measure";

const name = "official";
/** Services that there are. */
const size = 200;
/** Seconds that one command may take. */
const limit = 600;
/** Runs of each at most: enough for a median of what takes half a minute. */
const most = 7;

const quietly = ["--non-interactive", "--color", "never", "--stack", whole];
/** What is timed. A refresh that finds nothing changed leaves the state as it is for the next one. */
const commands: Readonly<Record<string, readonly string[]>> = {
    preview: ["preview", ...quietly],
    "preview --refresh": ["preview", "--refresh", ...quietly],
    refresh: ["refresh", "--yes", "--skip-preview", ...quietly],
};

const providers = { ours: "embedded provider", official: "official provider" } as const;

export const official: Pass = {
    measures: [
        {
            name,
            title: "Beside the official Kubernetes provider",
            how: `${size} services (Service, DestinationRule, VirtualService each), of which one is to be changed: whole commands in one stack, by turns with the embedded provider and with Pulumi's own, as set-up builds it.`,
        },
    ],
    minutes: 20,
    needsContenders: false,
    isAlone: true,
    async take({ bed, runs, tell }) {
        const ground = await groundOn(bed);
        try {
            const { services } = ground;
            // Before the services are there: one that is not built is heard of at once.
            const environments = { ours: services.environment, official: withOfficial(services) };
            tell(`  deploying ${size} services`);
            await services.grow(size);
            services.move([size - 1], [whole]);
            const taken = new Map<string, number[]>();
            for (let turn = 0; turn < Math.min(runs, most); turn++)
                for (const [command, args] of Object.entries(commands))
                    for (const whose of ["ours", "official"] as const) {
                        const options = { cwd: services.folder, env: environments[whose] };
                        const { seconds } = await run("pulumi", args, options, limit);
                        const of = `${command}, ${providers[whose]}`;
                        taken.set(of, [...(taken.get(of) ?? []), seconds]);
                        tell(soFar(of, taken.get(of) ?? [], "s"));
                    }
            const figures = [...taken].map(([of, values]): Figure => ({ measure: name, of, unit: "s", values }));
            return { figures, missing: [] };
        } finally {
            await ground.remove();
        }
    },
};

/** The variables with which the same project has the official provider, and all else as before. @throws where it is not built */
function withOfficial({ folder, environment }: Services): NodeJS.ProcessEnv {
    const { bin, pulumiHome } = pluginsIn(path.join(path.dirname(folder), ".official"), true);
    return {
        ...environment,
        PATH: pathWith(bin, environment.PATH ?? ""),
        PULUMI_HOME: pulumiHome,
        PULUMI_CREDENTIALS_PATH: pulumiHome,
    };
}

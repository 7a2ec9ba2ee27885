import type { Commands, OwnCli } from "../rollout/program";

/** What only a checkout has: clusters, set-up, and the demo systems with their releases. */
const commands: Commands = {
    setup: async () => (await import("./commands/setup")).setupCommand(),
    start: async () => (await import("./commands/start")).startCommand(),
    demo: async () => (await import("./commands/demo")).demoCommand(),
    cluster: async () => (await import("./commands/cluster")).clusterCommand(),
    env: async () => (await import("./commands/env")).envCommand(),
    "adopt-drift": async () => (await import("./commands/adoptDrift")).adoptDriftCommand(),
    call: async () => (await import("./commands/call")).callCommand(),
};

/** What the `upshift` of a checkout has beside that of the npm package. */
export const ownCli: OwnCli = { commands, project: async () => (await import("./checkout/own")).ownProject };

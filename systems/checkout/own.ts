import type { OwnProject } from "../../rollout/ownProject";

/** What the demo systems' config, outputs and gateway tell of them. */
export const ownProject: OwnProject = {
    judge: async (stack) => (await import("../pending/guard")).judgePendingConfig(stack),
    status: async (stack) => (await import("./status")).demoStatus(stack),
    verify: async (stack, service, probe) => (await import("./verify")).verifyDemo(stack, service, probe),
};

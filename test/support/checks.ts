import type { About } from "../../rollout/gate/checks/check";

/** A step of a release, as checks are asked about it. */
export const aboutStep: About = {
    service: "review",
    namespace: "shop",
    stack: "dev",
    to: "v2",
    stable: "v1",
    step: "25",
    weights: { v1: 75, v2: 25 },
};

/** A question that nobody gives up. */
export const never = new AbortController().signal;

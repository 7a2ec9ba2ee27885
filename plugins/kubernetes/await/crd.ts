import type { Readiness } from "./observe";
import { conditionOf } from "./pod";

/** A CustomResourceDefinition is ready when the API server serves the kind: its condition Established says so. */
export const crdReadiness: Readiness = {
    sources: () => [],
    judge: ({ object }) => ({
        isReady: conditionOf(object, "Established")?.status === "True",
        progress: { message: "Waiting for the API server to serve the new kind" },
        reasons: ["the API server does not serve the new kind yet (condition Established)"],
    }),
};

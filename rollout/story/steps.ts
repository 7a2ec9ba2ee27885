import { allTo, Weights } from "../../components/traffic/weights";

/** One step of the release that `npm start` shows: what is set in the config, and what it is called. */
export interface StoryStep {
    title: string;
    /** Weights by service; those not named stay. */
    weights: Readonly<Record<string, Weights>>;
    /** What the header rule shall be: set, gone, or as it is. */
    header?: "set" | "gone";
    /** Declares for every service a blue/green switch to this version. */
    blueGreen?: string;
}

/** The header that canary testers send (seed 000). */
export const testers = { name: "X-group", exact: "test", to: "v2" };

const core = ["product", "recommendation", "review"] as const;
const versions = ["v1", "v2"];
const allCoreTo = (version: string) => Object.fromEntries(core.map((service) => [service, allTo(version, versions)]));

/** All users on v1: where the story begins, and where it starts again when it is run again. */
export const beginning: StoryStep = { title: "all on v1", weights: allCoreTo("v1"), header: "gone" };

/** The release of seed 000, step by step. */
export const release: readonly StoryStep[] = [
    { title: "testers (X-group: test) to v2", weights: {}, header: "set" },
    { title: "review 80/20", weights: { review: { v1: 80, v2: 20 } } },
    { title: "core services to v2", weights: allCoreTo("v2"), blueGreen: "v2" },
    { title: "all back to v1", weights: allCoreTo("v1") },
    { title: "all to v2", weights: allCoreTo("v2"), blueGreen: "v2" },
];

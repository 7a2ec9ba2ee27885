import type { Problem } from "../../components/traffic/split/problem";

/** What says which versions a service has. */
const versions = ["system", "images", "weights", "canaryHeader"];

/** What decides, beside a key itself, whether its value can be. Of those that are not here, a system's own settings, only whether it runs. */
const measuredBy: Readonly<Record<string, readonly string[]>> = {
    system: [],
    images: [],
    release: [],
    hosts: ["system"],
    context: ["target"],
    weights: ["system", "images", "stable"],
    stable: versions,
    blueGreen: versions,
    inPlace: versions,
    canaryHeader: [...versions, "strategy"],
    routing: [...versions, "strategy"],
    strategy: ["system"],
    replicas: ["system", "images"],
    total: [...versions, "strategy", "stable"],
};

/**
 * Whether a problem is one whatever the keys say that can't be read: else it may be theirs alone, and its fix would do harm.
 *
 * @param unread keys whose values have another shape, and count as not given.
 */
export function isJudged({ at }: Problem, unread: readonly string[]): boolean {
    const [key = ""] = at.split(".");
    return ![key, ...(measuredBy[key] ?? ["system"])].some((one) => unread.includes(one));
}

import * as pulumi from "@pulumi/pulumi";
import { RunHooks } from "../../components/split/runHooks";
import { marksOf } from "../../components/traffic/world/marks";
import type { Placed } from "../../components/traffic/world/objects";
import type { Settings } from "../config/read";
import { knownSystems } from "../systems";

/**
 * Refuses to take away a system that has users because its name is no more in the config, before anything is made or changed: it
 * goes by `remove`, or with the stack. A mistyped name would be enough otherwise.
 *
 * @throws with every system that would be lost
 */
export async function refuseLosses(settings: Pick<Settings, "systems" | "remove">): Promise<void> {
    const hooks = RunHooks.current();
    hooks?.remove(settings.remove);
    const lost = lostSystems(settings, (await hooks?.applied()) ?? []);
    if (lost.length > 0) throw new pulumi.RunError(lost.map(explain).join("\n"));
}

/** Systems of which something is applied, and that the config neither names nor removes. */
export function lostSystems(
    { systems, remove }: Pick<Settings, "systems" | "remove">,
    applied: readonly Placed[],
): string[] {
    const groups = new Set(applied.flatMap(({ body }) => marksOf(body).group ?? []));
    return knownSystems
        .map(({ name }) => name)
        .filter((name) => groups.has(name) && !systems[name] && !remove.includes(name));
}

function explain(system: string): string {
    return (
        `The system ${system} has users, and the config does not name it any more: it would be taken away. Nothing was changed.\n` +
        `  fix: name it in upshift:system again; or, if that is meant: pulumi config set remove ${system}`
    );
}

import * as fs from "node:fs";
import { readSettings, type Settings } from "./read";
import { reportProblems } from "../../rollout/config/report";

/**
 * The settings of the stack that runs.
 *
 * @param project the config's namespace.
 * @param stack the stack, whose file the message names.
 * @param config every config value of every namespace, as `namespace:key`.
 * @throws with all problems in one message.
 */
export function loadSettings(project: string, stack: string, config: Readonly<Record<string, string>>): Settings {
    const own = Object.entries(config).filter(([key]) => key.startsWith(`${project}:`));
    const { settings, problems } = readSettings(
        Object.fromEntries(own.map(([key, value]) => [key.slice(project.length + 1), value])),
    );
    if (settings) return settings;
    const name = `Pulumi.${stack}.yaml`;
    throw new Error(
        reportProblems(
            project,
            problems,
            fs.existsSync(name) ? { name, text: fs.readFileSync(name, "utf8") } : undefined,
        ),
    );
}

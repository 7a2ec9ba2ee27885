import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { loadSettings } from "./load";
import type { Settings } from "./read";

/**
 * The settings of a stack from its config file, for commands that run before, or without, Pulumi. Values that are secret are
 * none of these settings.
 *
 * @param folder the checkout
 * @throws with all problems in one message
 */
export function settingsOfFile(project: string, stack: string, folder: string): Settings {
    const file = path.join(folder, `Pulumi.${stack}.yaml`);
    const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    const { config } = (parse(text) ?? {}) as { config?: Record<string, Yaml> | null };
    const values = Object.entries(config ?? {}).map(([key, value]) => [key, asText(value)]);
    return loadSettings(project, stack, Object.fromEntries(values) as Record<string, string>);
}

type Yaml = object | string | number | boolean | null;

/** As Pulumi hands a value over: maps and lists as JSON, all else as text. */
function asText(value: Yaml): string {
    return typeof value === "object" ? JSON.stringify(value) : String(value);
}

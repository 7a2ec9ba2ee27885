import { removeConfig, setConfig } from "../stack";
import type { Values } from "./hands";

/**
 * Writes values into a stack's config file: those that are set in one go, then those that are taken away.
 *
 * @param config what the file has, as Pulumi hands it over: maps as JSON.
 * @param values by path, `weights.review.v2`; undefined takes one away.
 * @returns what there was, in the same form, so that it can be written back.
 */
export async function writeConfig(
    stack: string,
    project: string,
    config: Readonly<Record<string, string>>,
    values: Values,
    folder?: string,
): Promise<Values> {
    const old = Object.fromEntries(Object.keys(values).map((path) => [path, valueAt(config, project, path)]));
    const set = Object.fromEntries(
        Object.entries(values).flatMap(([path, value]) =>
            value === undefined || value === old[path] ? [] : [[path, value] as const],
        ),
    );
    const gone = Object.keys(values).filter(
        (path) => values[path] === undefined && foundAt(config, project, path) !== undefined,
    );
    if (Object.keys(set).length > 0) await setConfig(stack, set, folder);
    for (const path of gone) await removeConfig(stack, path, folder);
    return old;
}

/** A plain value of the config by its path; undefined where there is none. */
export function valueAt(
    config: Readonly<Record<string, string>>,
    project: string,
    path: string,
): string | number | boolean | undefined {
    const found = foundAt(config, project, path);
    return ["string", "number", "boolean"].includes(typeof found) ? (found as string | number | boolean) : undefined;
}

function foundAt(config: Readonly<Record<string, string>>, project: string, path: string): unknown {
    const [key = "", ...rest] = path.split(".");
    const text = config[`${project}:${key}`];
    if (text === undefined) return undefined;
    if (rest.length === 0) return text;
    return rest.reduce<unknown>(
        (value, part) => (value as Record<string, unknown> | undefined)?.[part],
        JSON.parse(text),
    );
}

import { configValue, isConfigMap } from "../config/values";
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
    if (Object.keys(set).length > 0) await setConfig(stack, set, folder);
    for (const path of gone(config, project, values)) await removeConfig(stack, path, folder);
    return old;
}

/**
 * What is to be removed for some values to be taken away: with the last value of a map the map itself, which would stay behind as `{}`,
 * and be refused as a release that says nothing.
 */
export function gone(config: Readonly<Record<string, string>>, project: string, values: Values): string[] {
    const isThere = (path: string): boolean => foundAt(config, project, path) !== undefined;
    const leaving = Object.keys(values).filter((path) => values[path] === undefined && isThere(path));
    const leaves = (path: string): boolean => leaving.some((one) => path === one || path.startsWith(`${one}.`));
    const isLeft = (at: string): boolean => {
        const coming = Object.keys(values).some((path) => values[path] !== undefined && path.startsWith(`${at}.`));
        return coming || leavesBelow(foundAt(config, project, at), at).some((path) => !leaves(path));
    };
    const whole = leaving.map((path) => {
        const parts = path.split(".");
        const above = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("."));
        return above.find((at) => !isLeft(at)) ?? path;
    });
    return [...new Set(whole)];
}

/** The paths of all values in a map, maps in it included. */
function leavesBelow(value: unknown, at: string): string[] {
    if (!isConfigMap(value)) return [at];
    return Object.entries(value).flatMap(([key, one]) => leavesBelow(one, `${at}.${key}`));
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
    return rest.reduce<unknown>((value, part) => (isConfigMap(value) ? value[part] : undefined), configValue(text));
}

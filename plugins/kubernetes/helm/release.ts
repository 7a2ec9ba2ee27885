import * as fs from "node:fs/promises";
import { uniqueName } from "../autoname";
import { compare, pathText } from "../compare";
import type { Diff } from "../diff";
import { at, numberAt, stringAt } from "../objects";
import {
    hasSecret,
    hasUnknown,
    isObject,
    markSecrets,
    plain,
    Secret,
    unknown,
    type Properties,
    type Value,
} from "../values";

/** What helm tells of a release. */
export interface LiveRelease {
    name: string;
    namespace: string;
    /** Counts from 1. */
    revision: number;
    /** `deployed`, `failed`, `pending-install` and so on. */
    status: string;
    chart: { name: string; version: string; appVersion: string };
    /** The values that were given. */
    values: Properties;
    manifest: string;
}

/** A release as helm prints and keeps it. */
export function liveRelease(json: Properties): LiveRelease {
    const metadata = at(json, "chart", "metadata");
    return {
        name: stringAt(json, "name"),
        namespace: stringAt(json, "namespace"),
        revision: numberAt(json, "version"),
        status: stringAt(json, "info", "status"),
        chart: {
            name: stringAt(metadata, "name"),
            version: stringAt(metadata, "version"),
            appVersion: stringAt(metadata, "appVersion"),
        },
        values: isObject(json.config) ? json.config : {},
        manifest: stringAt(json, "manifest"),
    };
}

export const defaultTimeoutSeconds = 300;

const switches =
    "allowNullValues atomic cleanupOnFail createNamespace dependencyUpdate devel disableCRDHooks disableOpenapiValidation disableWebhooks forceUpdate lint " +
    "recreatePods renderSubchartNotes replace resetValues reuseValues skipAwait skipCrds verify waitForJobs";
const texts = "chart description keyring name namespace postrender version";
const optional = ["maxHistory", "repositoryOpts"];

/**
 * Completes a Release's inputs: every option with its default, a name, the values of `valueYamlFiles` with `values` over them,
 * and the version of the chart that will be installed, so that a new version of a chart shows as a change.
 *
 * @param versionOf finds the chart; what it throws is reported for the property `chart`.
 */
export async function checkRelease(
    news: Properties,
    olds: Properties,
    {
        name,
        randomSeed,
        defaultNamespace,
        versionOf,
    }: {
        name: string;
        randomSeed: Uint8Array;
        defaultNamespace: string;
        versionOf: (inputs: Properties) => Promise<string>;
    },
): Promise<{ inputs: Properties; chartProblem?: string }> {
    const given = plain(news);
    const inputs: Properties = {
        ...Object.fromEntries(switches.split(" ").map((key) => [key, given[key] ?? false])),
        ...Object.fromEntries(texts.split(" ").map((key) => [key, given[key] ?? ""])),
        ...Object.fromEntries(
            optional
                .filter((key) => given[key] !== undefined && given[key] !== null)
                .map((key) => [key, given[key] ?? null]),
        ),
        timeout: given.timeout ?? (given.skipAwait === true ? 0 : defaultTimeoutSeconds),
        values: await mergedValues(given),
    };
    inputs.name ||= stringAt(olds, "name") || uniqueName(`${name}-`, randomSeed);
    inputs.namespace ||= defaultNamespace;
    const finish = (): Properties => {
        const marked = markSecrets(inputs, news);
        return hasSecret(news.valueYamlFiles ?? null) ? { ...marked, values: new Secret(inputs.values ?? {}) } : marked;
    };
    if (hasUnknown(given)) return { inputs: finish() };
    try {
        inputs.version = await versionOf(inputs);
        return { inputs: finish() };
    } catch (error) {
        return {
            inputs: finish(),
            chartProblem: `${(error as Error).message}; check the chart name and repository configuration.`,
        };
    }
}

/**
 * Compares what the program wants with the state: what was given before and is no more, and what is otherwise than wanted.
 * What only the state has (the status) is no difference. A new name or namespace makes a new release.
 */
export function diffRelease(
    olds: Properties,
    news: Properties,
    ignoreChanges: readonly string[],
): Diff & { diffs: string[] } {
    const { __inputs, ...state } = plain(olds);
    const wanted = plain(news);
    if (ignoreChanges.includes("version") && state.version !== undefined) wanted.version = state.version;
    const before = known(state, isObject(__inputs) ? __inputs : {}, wanted);
    const detailed: Diff["detailed"] = {};
    const diffs = new Set<string>();
    for (const { path, kind } of compare(before, wanted, [])) {
        const moves = path[0] === "name" || path[0] === "namespace";
        detailed[pathText(path)] = { kind: moves ? `${kind}_REPLACE` : kind, inputDiff: kind === "DELETE" };
        diffs.add(String(path[0]));
    }
    return {
        detailed,
        diffs: [...diffs],
        replaces: Object.keys(detailed).filter((path) => detailed[path]?.kind.endsWith("_REPLACE")),
        deleteBeforeReplace: false,
    };
}

/** The state of a Release; without a live one, in a preview, what helm would tell is unknown. */
export function checkpointRelease(
    inputs: Properties,
    live?: { release: LiveRelease; resourceNames: Record<string, string[]> },
): Properties {
    const clear = plain(inputs);
    const state: Properties = { ...clear, resourceNames: unknown, status: unknown };
    if (live) {
        const { name, namespace, revision, status, chart, values } = live.release;
        state.values = merge(isObject(clear.values) ? clear.values : {}, values);
        state.version = chart.version;
        state.resourceNames = live.resourceNames;
        state.status = {
            appVersion: chart.appVersion,
            chart: chart.name,
            name,
            namespace,
            revision,
            status,
            version: chart.version,
        };
    }
    return { ...markSecrets(state, inputs), __inputs: new Secret(inputs) };
}

/** The inputs that a state was made from, with their secret marks; undefined when it has none (an import). */
export function releaseInputs(state: Properties): Properties | undefined {
    const inputs = state.__inputs instanceof Secret ? state.__inputs.value : state.__inputs;
    return isObject(inputs) ? inputs : undefined;
}

async function mergedValues(given: Properties): Promise<Value> {
    if (given.values !== undefined && !isObject(given.values)) return given.values;
    const files = Array.isArray(given.valueYamlFiles) ? given.valueYamlFiles : [];
    const { parse } = await import("yaml");
    let values: Properties = {};
    for (const file of files) {
        const text = stringAt(file, "text") || (await fs.readFile(stringAt(file, "path"), "utf8"));
        values = merge(values, (parse(text) ?? {}) as Properties);
    }
    return merge(values, given.values ?? {});
}

/** Helm's way of merging values: objects member by member, all else is replaced. */
function merge(under: Properties, over: Properties): Properties {
    const merged = { ...under };
    for (const [key, value] of Object.entries(over)) {
        const below = under[key];
        merged[key] = isObject(below) && isObject(value) ? merge(below, value) : value;
    }
    return merged;
}

/** The members of the state that the old or the new inputs speak of. */
function known(state: Properties, olds: Properties, news: Properties): Properties {
    const kept: Properties = {};
    for (const [key, value] of Object.entries(state)) {
        const [before, after] = [at(olds, key), at(news, key)];
        if (before === undefined && after === undefined) continue;
        kept[key] = isObject(value)
            ? known(value, isObject(before) ? before : {}, isObject(after) ? after : {})
            : value;
    }
    return kept;
}

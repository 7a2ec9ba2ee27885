import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import type { Problem } from "../../components/traffic/split/problem";
import type { CanaryMatch, RequestMatch } from "../../components/traffic/split/requestMatch";
import type { StringMatch } from "../../components/traffic/world/istio";
import {
    type Body,
    bodiesAt,
    bodyAt,
    isBody,
    mapAt,
    numberAt,
    textAt,
    type Value,
} from "../../components/traffic/world/values";

/** Requests of one kind that reach one version, whatever the weights. */
interface OptIn {
    /** The path of the conditions: `spec.http[0].match[1]`. */
    readonly at: string;
    readonly block: Body;
    readonly to: string;
}

/** What stands above the weighted rule, as a TrafficSplit says it. */
export interface OptIns {
    readonly canaryHeader?: CanaryHeader;
    readonly canaryMatch?: CanaryMatch;
    readonly problems: readonly Problem[];
}

/**
 * Reads the rules above the weighted one. A TrafficSplit has room for one header, and then for any number of conditions that lead to
 * one version.
 *
 * @param rules those above the weighted one, first to last.
 */
export function optInsOf(rules: readonly Body[], at: string): OptIns {
    const read = rules.map((rule, index) => optInsIn(rule, `${at}.http[${index}]`));
    const problems = read.flatMap((one) => one.problems);
    if (problems.length > 0) return { problems };
    const all = read.flatMap(({ optIns }) => optIns);
    const isAllSame = all.every(({ to }) => to === all[0]?.to);
    // Among conditions that lead to one version the order says nothing.
    const header = (isAllSame ? all : all.slice(0, 1)).find(({ block }) => headerIn(block) !== undefined);
    const others = all.filter((one) => one !== header);
    const canaryHeader = header && { ...(headerIn(header.block) as Omit<CanaryHeader, "to">), to: header.to };
    const stray = others.find(({ to }) => to !== others[0]?.to);
    if (stray)
        return {
            problems: [
                {
                    at: stray.at,
                    message: `leads to ${stray.to}, and ${others[0]?.at} to ${others[0]?.to}: a TrafficSplit has one header that leads to a version of its own, as the first rule, and otherwise conditions for one version`,
                    fix: "take one of them out, or split what they are for by a host of its own",
                },
            ],
        };
    const [first] = others;
    return {
        ...(canaryHeader && { canaryHeader }),
        ...(first && { canaryMatch: { any: others.map(({ block }) => requestMatch(block)), to: first.to } }),
        problems: [],
    };
}

function optInsIn(rule: Body, at: string): { optIns: OptIn[]; problems: Problem[] } {
    const routes = bodiesAt(rule, "route");
    const serving = routes.filter((one) => routes.length === 1 || (numberAt(one, "weight") ?? 0) > 0);
    const to = textAt(serving[0], "destination", "subset");
    const blocks = bodiesAt(rule, "match").map((block, index) => ({ block, at: `${at}.match[${index}]` }));
    if (serving.length !== 1 || to === undefined)
        return {
            optIns: [],
            problems: [
                {
                    at: `${at}.route`,
                    message:
                        serving.length > 1
                            ? "splits the requests of its conditions again; a TrafficSplit leads those to one version"
                            : "leads to no subset; a TrafficSplit leads the requests of conditions to a version",
                    fix: "lead it to one subset of the service, or take the rule out",
                },
            ],
        };
    return {
        optIns: blocks.map((one) => ({ ...one, to })),
        problems: blocks.flatMap((one) => blockProblems(one.block, one.at)),
    };
}

/** What conditions there are that a TrafficSplit has no words for: who has them would meet another version. */
function blockProblems(block: Body, at: string): Problem[] {
    const fix = "take the condition out, or leave this VirtualService where it is";
    const unknown = Object.entries(block)
        .filter(([field, value]) => !told.includes(field) && !isNothing(value))
        .map(([field]) => ({
            at: `${at}.${field}`,
            message: "is a condition that a TrafficSplit does not have; it has headers, path, method and sourceLabels",
            fix,
        }));
    const values: [string, Value][] = [
        ...Object.entries(bodyAt(block, "headers")).map(([name, value]): [string, Value] => [`headers.${name}`, value]),
        ...(["uri", "method"] as const).flatMap((field): [string, Value][] =>
            block[field] === undefined ? [] : [[field, block[field]]],
        ),
    ];
    const unfit = values
        .filter(([, value]) => stringMatch(value) === undefined)
        .map(([field]) => ({
            at: `${at}.${field}`,
            message: "asks for no value; a TrafficSplit takes one of exact, prefix and regex, and not empty",
            fix: `give it one, such as regex: ".+"`,
        }));
    return [...unknown, ...unfit];
}

/** Conditions that are taken over, and names that decide nothing. */
const told = ["headers", "uri", "method", "sourceLabels", "name", "statPrefix"];

/** What says no more than if it were left out. */
function isNothing(value: Value): boolean {
    return value === false || value === undefined || (isBody(value) && Object.keys(value).length === 0);
}

/** The one header by which a block goes; undefined where it goes by more, or by something else. */
function headerIn(block: Body): Omit<CanaryHeader, "to"> | undefined {
    const conditions = told.slice(0, 4).filter((field) => !isNothing(block[field]));
    const [[name, value] = [], ...others] = Object.entries(bodyAt(block, "headers"));
    const match = stringMatch(value);
    if (conditions.length !== 1 || name === undefined || others.length > 0 || !match) return undefined;
    return { name, ...match };
}

function requestMatch(block: Body): RequestMatch {
    const headers = Object.entries(bodyAt(block, "headers")).map(([name, value]) => [name, stringMatch(value)]);
    const [path, method] = [stringMatch(block.uri), stringMatch(block.method)];
    const sourceLabels = mapAt(block, "sourceLabels");
    return {
        ...(headers.length > 0 && { headers: Object.fromEntries(headers) as Record<string, StringMatch> }),
        ...(path && { path }),
        ...(method && { method }),
        ...(Object.keys(sourceLabels).length > 0 && { sourceLabels }),
    };
}

function stringMatch(value: Value): StringMatch | undefined {
    const kinds = (["exact", "prefix", "regex"] as const).flatMap((kind) => {
        const text = textAt(value, kind);
        return text === undefined || text === "" ? [] : [[kind, text] as const];
    });
    return kinds.length === 1 ? Object.fromEntries(kinds) : undefined;
}

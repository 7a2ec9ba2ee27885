import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import { defaultMaxRaise } from "../../components/traffic/judge/serviceTraffic";
import type { VersionName } from "../../components/traffic/split/weights";
import { readSettings, Settings } from "../../config/read";
import type { Change } from "./events";

/** What the program and its config say that routes don't. */
export interface Intent {
    /** The version that a rollback returns to, by service. */
    readonly stable: Readonly<Record<string, VersionName>>;
    /** Points that one step may raise by, by service. */
    readonly maxRaise: Readonly<Record<string, number>>;
    /** Names of headers, as the config writes them. */
    readonly headers: readonly string[];
}

/** The stack's settings; none where its config is broken, of which the preview tells, or where none of it is upshift's. */
export function settingsIn(project: string, config: Readonly<Record<string, string>>): Settings | undefined {
    const own = Object.entries(config).filter(([key]) => key.startsWith(`${project}:`));
    if (own.length === 0) return undefined;
    return readSettings(Object.fromEntries(own.map(([key, value]) => [key.slice(project.length + 1), value]))).settings;
}

/** What the config says, and over it what the components were given: those are there in every program that uses them. */
export function intentOf(settings: Settings | undefined, changes: readonly Change[]): Intent {
    const configured = Object.values(settings?.services ?? {}).map(({ name, stable, canaryHeader }) => ({
        name,
        stable,
        canaryHeader,
        limits: settings?.limits,
    }));
    const given = changes
        .filter(({ type }) => type === "upshift:index:TrafficSplit")
        .map(({ name, new: next, old }) => ({ name, ...((next ?? old)?.inputs as SplitInputs | undefined) }));
    const services = [...configured, ...given.map(({ versions, ...more }) => ({ stable: versions?.[0], ...more }))];
    return {
        stable: Object.fromEntries(services.flatMap(({ name, stable }) => (stable ? [[name, stable]] : []))),
        maxRaise: Object.fromEntries(services.map(({ name, limits }) => [name, mostRaise(limits)])),
        headers: services.flatMap(({ canaryHeader }) => (canaryHeader ? [canaryHeader.name] : [])),
    };
}

interface SplitInputs {
    stable?: VersionName;
    versions?: VersionName[];
    canaryHeader?: CanaryHeader;
    limits?: Limits;
}

interface Limits {
    maxRaise?: number;
    maxRaiseTogether?: number;
}

function mostRaise({ maxRaise = defaultMaxRaise, maxRaiseTogether = maxRaise }: Limits = {}): number {
    return Math.min(maxRaise, maxRaiseTogether);
}

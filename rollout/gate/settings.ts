/** What a gate asks for. Shares are from 0 to 1. */
export interface GateSettings {
    /** The chance of failing a release that is good, in all: over its services, metrics, steps and looks. */
    readonly alpha: number;
    /** The chance of passing a version whose share of failed requests is at the ceiling, or over it. */
    readonly beta: number;
    /** A version passes once its share of failed requests is proven to be under this. */
    readonly ceiling: number;
    /** How many times stable's odds of a failed or slow request still count as good. */
    readonly tolerated: number;
    /** Requests to the new version in a step, below which it never passes. */
    readonly minRequests: number;
    /** Seconds that a step is watched for, at least. */
    readonly bakeSeconds: number;
    /** False leaves latency out. With an edge in milliseconds, only that one is looked at. */
    readonly latency: false | LatencySettings;
}

/** What a gate asks of how long requests take. */
export interface LatencySettings {
    /** An edge of the proxies' histogram; by default the three that say most of stable. */
    readonly edge?: number;
    /** The share of requests slower than the edge that the version has to be proven under; by default none. */
    readonly ceiling?: number;
}

export const defaultSettings: GateSettings = {
    alpha: 0.01,
    beta: 0.05,
    ceiling: 0.01,
    tolerated: 1.25,
    minRequests: 100,
    bakeSeconds: 120,
    latency: {},
};

/** Where the config has a service's settings. */
export function settingsPath(service: string): string {
    return `release.${service}.gate`;
}

/**
 * The settings of a service's gate, with defaults for what is left out.
 *
 * @throws with every value that can't be meant.
 */
export function gateSettings(service: string, given: Partial<GateSettings> = {}): GateSettings {
    const settings = { ...defaultSettings, ...given };
    const problems = problemsOf(settings, settingsPath(service));
    if (problems.length > 0) throw new Error(problems.join("\n"));
    return settings;
}

function problemsOf(settings: GateSettings, at: string): string[] {
    const { latency } = settings;
    const isShare = (value: number): boolean => value > 0 && value < 1;
    const share = "a share between 0 and 1";
    const wrong = (key: string, value: number, meant: string, good: number): string =>
        `${at}.${key} is ${value}, and has to be ${meant}.\n  fix: pulumi config set --path ${at}.${key} ${good}`;
    const of = (key: keyof typeof defaultSettings, isGood: (value: number) => boolean, meant: string): string[] =>
        isGood(settings[key] as number)
            ? []
            : [wrong(key, settings[key] as number, meant, defaultSettings[key] as number)];
    return [
        ...of("alpha", isShare, share),
        ...of("beta", isShare, share),
        ...of("ceiling", isShare, share),
        ...of("tolerated", (value) => value >= 1 && value < Infinity, "1 or more"),
        ...of("minRequests", (value) => Number.isSafeInteger(value) && value >= 1, "a whole number from 1"),
        ...of("bakeSeconds", (value) => value >= 0 && value < Infinity, "a number of seconds"),
        ...(latency && latency.ceiling !== undefined && !isShare(latency.ceiling)
            ? [wrong("latency.ceiling", latency.ceiling, share, 0.05)]
            : []),
        ...(latency && latency.ceiling !== undefined && latency.edge === undefined
            ? [`${at}.latency.ceiling needs an edge.\n  fix: pulumi config set --path ${at}.latency.edge 250`]
            : []),
    ];
}

/** A version by its part in a scenario: which of v1 and v2 is old depends on who has the users when it begins. The third is v3. */
export type Role = "old" | "new" | "third";

/** Percent of users. */
export type Shares = Readonly<Partial<Record<Role, number>>>;

/** Values of the config by path; undefined takes one away. `{old}`, `{new}` and `{third}` stand for the versions, in paths and in texts. */
export type Change = Readonly<Record<string, string | number | boolean | undefined>>;

/** What somebody does. */
export type Deed =
    /** Gives the config these values, and makes one `pulumi up`. */
    | { readonly up: Change }
    /** The same where the update must fail, and say so. */
    | { readonly fails: Change; readonly says: RegExp }
    /** A command of `npx upshift`, with its exit code. `{whole:new}` is the number of the last update that gave `new` all users. */
    | { readonly command: string; readonly code: number; readonly says?: RegExp; readonly saysNot?: RegExp }
    /** A command that goes on while other things are done, once it has said this. */
    | { readonly starts: string; readonly until: RegExp }
    /** That command ends by itself. */
    | { readonly ends: number; readonly says?: RegExp };

/** What is found afterwards: by the objects of the cluster, and by requests. */
export interface Found {
    /** Weights of the rule for all users. A version that is left out has none. */
    readonly weights: Shares;
    /** The version that the routes call stable. Default: old. */
    readonly stable?: Role;
    /** The rules by name, in their order. Default: that of the weights alone. */
    readonly rules?: readonly string[];
    /** The versions that have a subset, whose labels never change. Default: old and new. */
    readonly subsets?: readonly Role[];
    /** Percent of requests that are copied to `new`. Default: no copies. */
    readonly mirror?: number;
    /** Available pods. */
    readonly pods?: Shares;
    /** The tag of a version's image. */
    readonly images?: Readonly<Partial<Record<Role, string>>>;
    /** Of how many requests the shares are measured. Default: `usualRequests`. */
    readonly requests?: number;
    /** Requests with these headers, all of which reach one version. */
    readonly testers?: readonly { readonly headers: Readonly<Record<string, string>>; readonly to: Role }[];
    /** Of how many requests the copies are counted. */
    readonly copiesOf?: number;
    /** What the cookie of affinity does to users who have one. */
    readonly users?: "stay" | "are let go";
}

/** One deed, and what is found after it; nothing where something else is still going on. */
export interface Step {
    readonly does: Deed;
    readonly found?: Found;
}

/** A scenario that somebody else has published, as one of ours. */
export interface Scenario {
    readonly name: string;
    /** Whose it is, with the file: `argo istio_test.go: TestIstioHostSplit`. */
    readonly source: string;
    /** What the original asserts, in our words. */
    readonly asserts: string;
    /** What we do otherwise, and why. */
    readonly otherwise?: string;
    /** The config with which it begins, beside the usual one. All users are on `old`. */
    readonly given?: Change;
    /** What the load asks for. Default `/`, which no version fails. */
    readonly path?: string;
    /** Whether the version itself answers some requests with its own error; all others are failures still. */
    readonly mayFailByItself?: true;
    readonly steps: readonly Step[];
}

/** Requests of which shares are measured, where a step says nothing else. */
export const usualRequests = 200;

/** Where users are when a scenario begins. */
export const atFirst: Shares = { old: 100 };

/** The config's values for a split. */
export function split(shares: Shares): Change {
    const all: Shares = { old: 0, new: 0, ...shares };
    return Object.fromEntries(Object.entries(all).map(([role, share]) => [`weights.web.{${role}}`, share]));
}

/** A step of traffic: one write of the config, one update, and users are there. */
export function moves(shares: Shares, found: Omit<Found, "weights"> = {}, config: Change = {}): Step {
    return { does: { up: { ...split(shares), ...config } }, found: { weights: shares, ...found } };
}

/** The version that has all users becomes the stable one. Nobody is moved. */
export function becomesStable(role: Role, found: Omit<Found, "weights" | "stable"> = {}): Step {
    return { does: { up: { "stable.web": `{${role}}` } }, found: { weights: { [role]: 100 }, stable: role, ...found } };
}

/** Which version has which part, by the one that has all users. */
export function castOf(old: string): Readonly<Record<Role, string>> {
    return { old, new: old === "v1" ? "v2" : "v1", third: "v3" };
}

/** A text with the versions in the place of their parts. */
export function spoken(text: string, cast: Readonly<Record<Role, string>>): string {
    return text.replace(/\{(old|new|third)\}/g, (_, role: Role) => cast[role]);
}

/** The same of a change, in paths and in texts. */
export function played(change: Change, cast: Readonly<Record<Role, string>>): Change {
    const entries = Object.entries(change).map(([path, value]) => [
        spoken(path, cast),
        typeof value === "string" ? spoken(value, cast) : value,
    ]);
    return Object.fromEntries(entries) as Change;
}

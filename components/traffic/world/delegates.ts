import type { Match, Rule as IstioRule, StringMatch } from "./istio";

/** What a delegate's rule takes over from the rule that leads to it, where it says nothing of its own. */
const inherited = [
    "rewrite",
    "directResponse",
    "timeout",
    "retries",
    "fault",
    "mirror",
    "mirrorPercentage",
    "headers",
] as const;

/**
 * A delegate's rule as istiod has it in the place of the rule that leads to it: for requests that meet the conditions of both.
 *
 * @returns undefined where istiod leaves the rule out, because a block of its conditions lies within none of the outer ones.
 */
export function inPlaceOf(outer: IstioRule, inner: IstioRule): IstioRule | undefined {
    const match = conjunctions(outer.match ?? [], inner.match ?? []);
    if (match === undefined) return undefined;
    const rest = Object.fromEntries(
        inherited.flatMap((field) => {
            const value = (inner as Record<string, unknown>)[field] ?? (outer as Record<string, unknown>)[field];
            return value === undefined ? [] : [[field, value] as const];
        }),
    );
    return { ...inner, ...rest, match };
}

/** Blocks of conditions that hold where one of each list does; undefined where istiod takes none of them. */
function conjunctions(outer: readonly Match[], inner: readonly Match[]): readonly Match[] | undefined {
    if (outer.length === 0) return inner;
    if (inner.length === 0) return outer;
    const within = inner.map((narrow) => outer.filter((wide) => !excludes(wide, narrow)));
    // One block that fits nowhere is enough for istiod to leave out all of the rule.
    if (within.some((fitting) => fitting.length === 0)) return undefined;
    return inner.flatMap((narrow, index) => (within[index] ?? []).map((wide) => merged(wide, narrow)));
}

/** The delegate's own condition where both have one of a kind. */
function merged(wide: Match, narrow: Match): Match {
    const maps = (["headers", "withoutHeaders", "queryParams", "sourceLabels"] as const).flatMap((field) => {
        const all = { ...wide[field], ...narrow[field] };
        return Object.keys(all).length > 0 ? [[field, all] as const] : [];
    });
    return {
        ...wide,
        ...narrow,
        ...(!narrow.gateways?.length && wide.gateways && { gateways: wide.gateways }),
        ...Object.fromEntries(maps),
    };
}

/** Whether istiod takes a delegate's block of conditions for one that lies outside of the outer block. */
function excludes(wide: Match, narrow: Match): boolean {
    const single = (["uri", "scheme", "method", "authority"] as const).some((field) =>
        isOutside(wide[field], narrow[field]),
    );
    const named = (["headers", "withoutHeaders", "queryParams"] as const).some((field) =>
        Object.entries(narrow[field] ?? {}).some(([name, value]) => isOutside(wide[field]?.[name], value)),
    );
    const labels = Object.entries(narrow.sourceLabels ?? {}).some(
        ([label, value]) => (wide.sourceLabels?.[label] ?? value) !== value,
    );
    const gateways =
        (wide.gateways?.length ?? 0) > 0 && narrow.gateways?.some((gateway) => !wide.gateways?.includes(gateway));
    return (
        single ||
        named ||
        labels ||
        gateways === true ||
        (wide.ignoreUriCase ?? false) !== (narrow.ignoreUriCase ?? false) ||
        (Boolean(wide.port) && Boolean(narrow.port) && wide.port !== narrow.port) ||
        (Boolean(wide.sourceNamespace) && wide.sourceNamespace !== narrow.sourceNamespace)
    );
}

/** Texts and prefixes can be compared; of two conditions with a regular expression istiod takes neither. */
function isOutside(wide: StringMatch | undefined, narrow: StringMatch | undefined): boolean {
    if (!wide || !narrow) return false;
    if (wide.regex || narrow.regex) return true;
    if (wide.exact) return wide.exact !== narrow.exact;
    const text = narrow.prefix || narrow.exact;
    return !wide.prefix || !text?.startsWith(wide.prefix);
}

import { versionOf } from "../../components/traffic/split/destinations";
import type { HttpMatch, HttpRoute, StringMatch, VirtualServiceSpec } from "../../components/traffic/world/istio";
import { inWords } from "../../components/traffic/effect/matching";
import { weightsIn } from "../../components/traffic/split/routes";
import type { Routes, SpecialRule } from "./model";

/**
 * How a VirtualService routes a service; undefined where it tells no versions apart.
 *
 * @param names headers' names as the config writes them: Istio has them in lower case.
 */
export function routesOf(spec: VirtualServiceSpec, names: readonly string[] = []): Routes | undefined {
    const weights = weightsIn(spec);
    const special = (spec.http ?? []).flatMap((rule) => specialOf(rule, names));
    if (!Object.keys(weights).some(Boolean) && special.length === 0) return undefined;
    const mirroring = (spec.http ?? []).findLast((rule) => rule.mirror);
    return { weights, special, ...(mirroring ? { mirror: mirrorOf(mirroring) } : {}) };
}

/** A rule that takes some requests away from the weights. */
function specialOf(rule: HttpRoute, names: readonly string[]): SpecialRule[] {
    if (!rule.match?.length || rule.name === "weighted") return [];
    const [first] = rule.route ?? [];
    const to = first && versionOf(first);
    // The edge's own paths lead to services, not to versions.
    if (!to) return [];
    if (rule.name?.startsWith("chain-")) return [{ who: `requests that the edge has given to ${to}`, to }];
    if (rule.name?.startsWith("affinity-"))
        return [
            {
                who:
                    rule.name === "affinity-end"
                        ? "users with the cookie of a version"
                        : `users whom ${to} has served before`,
                to,
            },
        ];
    return [{ who: `requests ${rule.match.map((match) => conditions(match, names)).join(", or ")}`, to }];
}

function conditions({ uri, method, headers = {}, sourceLabels = {} }: HttpMatch, names: readonly string[]): string {
    const asWritten = (header: string): string => names.find((name) => name.toLowerCase() === header) ?? header;
    const all = [
        ...Object.entries(headers).map(([header, value]) => `with ${described(asWritten(header), value)}`),
        ...(uri ? [`for ${inWords(uri)}`] : []),
        ...(method ? [`by ${inWords(method)}`] : []),
        ...Object.entries(sourceLabels).map(([label, value]) => `from pods with ${label}=${value}`),
    ];
    return all.join(" ") || "of any kind";
}

/** A cookie is one header's regular expression to Istio, and a name and a value to people. */
function described(header: string, value: StringMatch): string {
    const cookie = header === "cookie" ? /^\(\.\*;\\s\*\)\?(.+?)=(.+)\(;\.\*\)\?$/.exec(value.regex ?? "") : null;
    if (!cookie) return `${header}: ${inWords(value)}`;
    const [, name = "", text = ""] = cookie;
    return text === "[^;]*" ? `cookie ${name}` : `cookie ${name}=${text.replace("[^;]*", "…").replace(/\\(.)/g, "$1")}`;
}

function mirrorOf(rule: HttpRoute): Routes["mirror"] {
    if (!rule.mirror) return undefined;
    return {
        to: versionOf({ destination: rule.mirror }) || rule.mirror.host,
        percent: rule.mirrorPercentage?.value ?? 100,
    };
}

import { firstsBy } from "../world/grouped";
import { serviceNamed } from "../world/hosts";
import type { Match, StringMatch } from "../world/istio";
import { fieldOf } from "./headerValues";
import type { Place } from "./kind";
import { contradicts, implies } from "./texts";
import { literalRegex } from "../split/requestMatch";

/** What is known of the Host header of requests to a host: its name, an ending, or nothing where any host is served. */
export function hostAsked(host: string): readonly StringMatch[] {
    if (host === "*") return [];
    return host.startsWith("*") ? [{ regex: `.+${literalRegex(host.slice(1))}(:\\d+)?` }] : [{ exact: host }];
}

/**
 * The forms of a host that rules tell apart, each with what is known of the Host header. Callers write a port behind it that is not
 * the usual one of HTTP, and in the mesh a Service has short names.
 *
 * @param ports those that callers may write; any other, too, where none is known.
 * @param isForAnyHost whether requests come whatever host they ask for.
 */
export function hostsAsked(
    place: Place,
    matches: readonly Match[],
    ports: readonly number[],
    isForAnyHost: boolean,
): (readonly StringMatch[])[] {
    const conditions = matches.flatMap(onHost);
    const own = hostAsked(place.host);
    if (conditions.length === 0 || place.host.startsWith("*")) return [own];
    const forms = namesOf(place).flatMap((name): StringMatch[] => [
        { exact: name },
        ...(ports.length > 0
            ? ports.map((port) => ({ exact: `${name}:${port}` }))
            : [{ regex: `${literalRegex(name)}:\\d+` }]),
    ]);
    const told = (form: StringMatch): string =>
        conditions.map((one) => (implies(form, one) ? "is" : contradicts(form, one) ? "is not" : "may be")).join();
    return firstsBy(isForAnyHost ? [...forms, {}] : forms, told).map((form) => [form]);
}

/** The conditions of a block on the host that is asked for. */
function onHost({ authority, headers = {}, withoutHeaders = {} }: Match): StringMatch[] {
    const named = [headers, withoutHeaders].flatMap((all) =>
        Object.entries(all).flatMap(([name, value]) => (fieldOf(name.toLowerCase()) === "authority" ? [value] : [])),
    );
    return [...(authority ? [authority] : []), ...named];
}

/** The names by which callers ask for a place: in the mesh a Service has short ones. */
function namesOf({ host, entry }: Place): string[] {
    const service = entry === "mesh" ? serviceNamed(host) : undefined;
    if (!service) return [host];
    const { name, namespace } = service;
    return [host, name, `${name}.${namespace}`, `${name}.${namespace}.svc`, `${host}.`];
}

import * as dns from "node:dns/promises";
import * as net from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { addonHosts, hostOf } from "../../components/mesh/addons/hosts";
import type { Settings } from "../config/read";
import { systemNamed } from "../systems";

/** Milliseconds in which a name must have led somewhere. */
const timeoutMs = 2_000;

/** Asks where a name leads. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** The host names under which a stack is served, each once; a system that takes any name needs none. */
export function hostsOf({ systems, addons }: Pick<Settings, "systems" | "addons">): string[] {
    const named = Object.values(systems).flatMap(({ name, host }) => {
        if (host === "*") return [];
        return [host, ...(systemNamed(name).partsAt ?? []).map((part) => `${part}.${host}`)];
    });
    const added = addons.enabled ? Object.keys(addonHosts).map((addon) => hostOf(addon, addons.domain)) : [];
    return [...new Set([...named, ...added])];
}

/**
 * What a user must do so that a browser finds the stack by its names, in lines for the screen. The commands here need none of
 * it: they take the name without asking anybody for its address.
 *
 * @param gateway where the gateway answers on this machine: an address, or a name in DNS; unknown where the cluster has yet to say
 * @returns nothing where every name leads to the gateway
 */
export async function namesFor(
    hosts: readonly string[],
    gateway: string | undefined,
    lookup: Lookup = lookUp,
): Promise<string[]> {
    if (gateway === undefined || net.isIP(gateway) === 0) return [];
    const found = await Promise.all(hosts.map((host) => leadsTo(host, lookup)));
    const lost = hosts.filter((_, at) => !found[at]?.includes(gateway));
    if (lost.length === 0) return [];
    return [
        "for a browser, add this line to /etc/hosts yourself; nothing here writes that file:",
        `    ${gateway} ${lost.join(" ")}`,
        `or take names that lead there without it, such as NAME.${gateway}.nip.io (hosts.<system>, addons.domain)`,
    ];
}

/** Where a name leads, without asking anybody where the name itself says it. */
async function leadsTo(host: string, lookup: Lookup): Promise<readonly string[]> {
    // As browsers do, without any DNS (RFC 6761).
    if (host === "localhost" || host.endsWith(".localhost")) return ["127.0.0.1"];
    const [, said] = /(?:^|[.-])((?:\d{1,3}[.-]){3}\d{1,3})\.(?:nip|sslip)\.io$/.exec(host) ?? [];
    return said ? [said.replaceAll("-", ".")] : lookup(host);
}

/** As any program of this machine would: /etc/hosts, then DNS. */
async function lookUp(name: string): Promise<string[]> {
    const waiting = new AbortController();
    const late = after(timeoutMs, [], { signal: waiting.signal });
    const asked = dns.lookup(name, { all: true }).then((all) => all.map(({ address }) => address));
    try {
        return await Promise.race([asked, late]);
    } catch {
        return [];
    } finally {
        late.catch(() => undefined);
        waiting.abort();
    }
}

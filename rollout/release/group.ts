import { z } from "zod";
import { UserError } from "../../components/userError";

const named = z.looseObject({ with: z.union([z.array(z.string()), z.string()]).optional() });

/**
 * The services that are released as one with a service, itself first: those that its `with` names, and those that name it. Each has
 * its own `release.<service>`, so that a word to any of them is heard, and a driver that is started anew by any name finds all.
 *
 * @param releases the config's key `release`.
 */
export function groupOf(service: string, releases: Readonly<Record<string, unknown>>): string[] {
    const found = [service];
    // It grows while it is gone through.
    for (const one of found) {
        const naming = Object.keys(releases).filter((other) => partnersIn(releases[other]).includes(one));
        for (const other of [...partnersIn(releases[one]), ...naming]) if (!found.includes(other)) found.push(other);
    }
    return found;
}

/**
 * The services of a release, where it is asked for by these names: one alone brings along those that it is released with.
 *
 * @throws where more than those belong to it.
 */
export function askedFor(names: readonly string[], releases: Readonly<Record<string, unknown>>): string[] {
    const asked = [...new Set(names)];
    const [first = "", ...others] = asked;
    if (others.length === 0) return groupOf(first, releases);
    const more = asked.flatMap((name) => groupOf(name, releases)).filter((name) => !asked.includes(name));
    const [other] = more;
    if (other === undefined) return asked;
    throw new UserError({
        what: `${asked.join(" and ")} are released with ${[...new Set(more)].join(" and ")}, as the config has it.`,
        fix: `npx upshift release ${[...asked, ...new Set(more)].join(" ")}, or take it from the others: pulumi config rm --path release.${other}`,
    });
}

/** The version of each service: `v2` for all, or `review=v2,product=v3`. @throws where one is missing, or no service of the release */
export function versionsOf(services: readonly string[], to: string): Record<string, string> {
    if (!to.includes("=")) return Object.fromEntries(services.map((service) => [service, to]));
    const given = Object.fromEntries(
        to.split(",").map((pair): [string, string] => {
            const [service = "", version = ""] = pair.split("=").map((part) => part.trim());
            return [service, version];
        }),
    );
    const missing = services.filter((service) => !given[service]);
    const unknown = Object.keys(given).filter((service) => !services.includes(service));
    if (missing.length === 0 && unknown.length === 0) return given;
    const said = [
        ...missing.map((service) => `no version for ${service}`),
        ...unknown.map((service) => `${service} is none of its services`),
    ];
    throw new UserError({
        what: `--to ${to}: ${said.join(", ")}.`,
        fix: `--to ${services.map((service) => `${service}=${given[service] ?? "VERSION"}`).join(",")}`,
    });
}

/** Of a release as it stands in the config. What it is else is read where it is driven. */
function partnersIn(given: unknown): string[] {
    const { with: partners = [] } = named.safeParse(given).data ?? {};
    return [partners]
        .flat()
        .flatMap((one) => one.split(","))
        .map((one) => one.trim())
        .filter(Boolean);
}

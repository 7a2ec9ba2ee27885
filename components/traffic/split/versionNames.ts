import type { Problem } from "./problem";

/**
 * Judges versions that get pods and subsets by their names.
 *
 * @param at where they stand, for the message.
 * @param stable the one among them that users are meant to have, where it is said.
 * @returns every problem; empty when each can have both.
 */
export function versionProblems(
    at: string,
    versions: readonly { readonly name: string; readonly replicas?: number | undefined }[],
    stable?: string,
): Problem[] {
    const names = versions.map(({ name }) => name);
    return [
        ...(names.length === 0
            ? [{ at: `${at}.versions`, message: "has no version", fix: 'give one: { name: "v1", image }' }]
            : []),
        ...(stable === undefined || names.includes(stable)
            ? []
            : [
                  {
                      at: `${at}.stable`,
                      message: `there is no version ${stable}`,
                      fix: `name one of ${names.join(", ")}`,
                  },
              ]),
        ...names.flatMap((name) => nameProblems(`${at}.versions.${name}`, name)),
        ...names
            .filter((name, index) => names.indexOf(name) !== index)
            .map((name) => ({ at: `${at}.versions.${name}`, message: "is there twice", fix: "name each once" })),
        ...versions
            .filter(({ replicas = 0 }) => !Number.isInteger(replicas) || replicas < 0)
            .map(({ name, replicas }) => ({
                at: `${at}.versions.${name}.replicas`,
                message: `${replicas} is no number of pods`,
                fix: "give a whole number from 0, or leave it out where an autoscaler sets it",
            })),
    ];
}

/** A version's name is a subset's, and Istio takes names of subsets only in the form of a DNS label. */
export function nameProblems(at: string, name: string): Problem[] {
    if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) && name.length <= 63) return [];
    return [
        {
            at,
            message: `${JSON.stringify(name)} can't be the name of a version: Istio takes small letters, digits and dashes for a subset`,
            fix: `name it ${plainName(name)}`,
        },
    ];
}

/** The nearest text to a name that can be the name of a version. */
export function plainName(name: string): string {
    const plain = name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "");
    return plain === "" ? "v1" : /^\d/.test(plain) ? `v${plain}` : plain;
}

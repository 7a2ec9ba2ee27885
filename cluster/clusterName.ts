/**
 * The names of clusters become folders, the node's name and part of certificates, so each is checked before anything is
 * done with it, whatever the target.
 *
 * @throws when Kubernetes would not take the name, or it would lead out of our own folder.
 */
export function checkName(name: string): void {
    if (/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return;
    throw new Error(
        `"${name}" can't be a cluster's name: use at most 40 of a-z, 0-9 and -, beginning and ending with a letter or digit.\n` +
            "  fix: pulumi config set cluster NAME (or --name NAME)",
    );
}

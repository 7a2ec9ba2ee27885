/** What stands before every image's name. No registry answers to it, so nothing can be pulled in its place by accident. */
export const hub = "upshift.local";

/** The one image of all demo services, and the versions of it that are built here. */
export const demoImage = { name: "demo", versions: ["v1", "v2"] } as const;

/** Where a cluster finds a version of the demo services: `upshift.local/demo:v1`, or in a registry. */
export function serviceImage(version: string, registry: string = hub): string {
    return `${registry.replace(/\/$/, "")}/${demoImage.name}:${version}`;
}

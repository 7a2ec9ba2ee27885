import type { VersionArgs } from "../components";
import type { ServiceSettings } from "../config/read";

/** The versions of a service as they are to be deployed. Our own image has every service in it, a tag a version. */
export function versionsOf({ versions, images, replicas }: ServiceSettings): VersionArgs[] {
    return versions.map((version) => ({
        name: version,
        image: images[version] ?? demoImage(version),
        replicas,
    }));
}

const demo = "upshift.local/demo:";

/** Whether an image is our own, which knows our arguments, ports and checks. */
export function isDemoImage(image: string): boolean {
    return image.startsWith(demo);
}

/** The image of all demo services in a version. */
export function demoImage(version: string): string {
    return `${demo}${version}`;
}

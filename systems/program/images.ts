import { serviceImage } from "../../cluster/images/services";
import type { VersionArgs } from "../../components";
import type { ServiceSettings } from "../config/read";

/** The versions of a service as they are to be deployed. Our own image has every service in it, a tag a version. */
export function versionsOf({ versions, images, replicas, registry }: ServiceSettings): VersionArgs[] {
    return versions.map((version) => ({
        name: version,
        image: images[version] ?? demoImage(version, registry),
        replicas,
    }));
}

/** Whether an image is our own, which knows our arguments, ports and checks. */
export function isDemoImage(image: string): boolean {
    return /\/demo:[^/]*$/.test(image);
}

/** The image of all demo services in a version, from the stack's registry where it names one. */
export function demoImage(version: string, registry?: string): string {
    return serviceImage(version, registry);
}

import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import { textAt } from "./read/object";
import { containersOf, podKinds, podSpecOf } from "./read/podSpec";

const name = "pinned-images";
/** Tags that mean another image tomorrow. */
const moving = /^(latest|main|master|edge|nightly|stable|dev)$/;

/** The policy's config. */
interface Config {
    readonly digest: boolean;
}

/** An image is what was tested, also when a pod starts a month later: it has a tag that does not move, or a digest. */
export const pinnedImages: ResourceValidationPolicy = {
    name,
    description: "Images are named by a tag that does not move, or by digest.",
    severity: "medium",
    configSchema: {
        properties: {
            digest: {
                type: "boolean",
                default: false,
                description: "Whether a digest is asked for, and a tag is not enough.",
            },
        },
    },
    validateResource: eachObject<Config>(name, podKinds, (object, report, { props, config }) => {
        for (const container of containersOf(podSpecOf(object.kind, props))) {
            const image = textAt(container, "image") ?? "";
            const at = `${object.name}, container ${textAt(container, "name")}`;
            const [reference = "", digest] = image.split("@");
            const tag = /:([^/]+)$/.exec(reference)?.[1];
            if (digest) continue;
            if (config.digest) report(`${at}: image ${image} has no digest; name it as ${reference}@sha256:…`);
            else if (tag === undefined) report(`${at}: image ${image} has no tag, which means latest; name a version`);
            else if (moving.test(tag)) report(`${at}: image ${image} has the tag ${tag}, which moves; name a version`);
        }
    }),
};

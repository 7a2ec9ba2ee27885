import * as pulumi from "@pulumi/pulumi";
import { Stages } from "./Stages";
import type { Settings } from "../config/read";
import { stages as known, type StagesOptions } from "./system";
import { byService } from "../program/byService";
import { demoImage, isDemoImage } from "../program/images";
import { plainUrl } from "../program/plainUrl";
import { stepOf } from "../program/step";
import type { Surroundings, SystemOutputs } from "../program/surroundings";

/** What runs in an environment unless the config names another image, as in the document. */
const firstImages: Readonly<Record<string, string>> = { prod: demoImage("v1"), stage: demoImage("v2") };

/** The demo application of seed 001, in prod and stage behind a gateway for every host. */
export function stages(settings: Settings, { opts, ingress }: Surroundings): SystemOutputs {
    const { host = known.host, options } = settings.systems.stages ?? {};
    const demoapp = settings.services.demoapp;
    if (!demoapp) throw new pulumi.RunError("The settings have no service demoapp.");
    const { versions, images, replicas, weights, canaryHeader, routing } = demoapp;
    const { port } = options as StagesOptions;
    const environments = Object.fromEntries(
        versions.map((environment) => {
            const image = images[environment] ?? firstImages[environment] ?? demoImage("v1");
            return [environment, { image, replicas, port: isDemoImage(image) ? undefined : port }];
        }),
    );
    const made = new Stages(
        "stages",
        {
            host,
            edge: ingress.namespace,
            environments,
            weights,
            canaryHeader,
            routing,
            step: stepOf(settings, demoapp),
        },
        opts,
    );
    return {
        url: plainUrl("stages", host),
        namespaces: made.namespaces,
        weights: byService("demoapp", made.weights),
        canaryHeaders: byService("demoapp", made.canaryHeader),
    };
}

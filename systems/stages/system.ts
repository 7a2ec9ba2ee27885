import { z } from "zod";
import { Strategy } from "../../components/traffic/split/strategy";
import type { KnownSystem } from "../known";

/** `upshift:stages`: what the config says of this system alone. */
const options = z.strictObject({
    /** The port of images that are not ours, such as the document's `davarski/testing-app`. */
    port: z.number().int().min(1).max(65_535).default(80),
});

/** The settings of stages, with their defaults filled in. */
export type StagesOptions = z.infer<typeof options>;

/** The demo application of seed 001; its versions are the environments. Any host is its own, as in the document. */
export const stages: KnownSystem = {
    name: "stages",
    needs: { namespaces: ["prod", "stage"] },
    host: "*",
    services: [{ name: "demoapp", versions: ["prod", "stage"], strategies: [Strategy.Namespaces] }],
    options,
};

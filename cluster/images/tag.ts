import * as crypto from "node:crypto";
import { hub } from "./services";
import { builtIstioVersion } from "../tools/manifest";
import { toolId, toolNamed } from "../tools/tools";

export { hub } from "./services";

/** An image's full name: `upshift.local/pause:1`. */
export function reference(image: { name: string; tag: string }): string {
    return `${hub}/${image.name}:${image.tag}`;
}

/** The tag of pilot and proxyv2, for the charts' `global.tag` beside `global.hub`: it changes with what is in them. */
export function istioTag(): string {
    const hash = crypto.createHash("sha256");
    for (const name of ["pilot-discovery", "pilot-agent", "envoy"]) {
        const tool = toolNamed(name);
        if (tool.kind !== "package") hash.update(toolId(tool));
    }
    return `${builtIstioVersion}-${hash.digest("hex").slice(0, 8)}`;
}

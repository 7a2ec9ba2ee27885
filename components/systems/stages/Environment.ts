import * as pulumi from "@pulumi/pulumi";
import { meshNamespace } from "../../mesh/namespace";
import { VersionedService } from "../../workloads/VersionedService";

/** The name of the application's Service and Deployment, the same in every environment. */
export const flaskapp = "flaskapp";

/** The arguments of an Environment. */
export interface EnvironmentArgs {
    /** The image that runs here. */
    image: pulumi.Input<string>;
    /** Pods. Default 1. */
    replicas?: number;
    /** The port of an image that is not ours, and that knows nothing of our checks. Default: it is ours. */
    port?: number;
}

/**
 * One place where the application runs, with all that the mesh asks for: a namespace with sidecars, and in it the
 * Service and the Deployment `flaskapp`. Another image is a rolling update of it.
 */
export class Environment extends pulumi.ComponentResource {
    /** @param name The _unique_ name of the resource, and of the namespace: `prod`, `stage`. */
    constructor(name: string, args: EnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Environment", name, {}, opts);
        const child = { parent: this };
        new VersionedService(
            `${flaskapp}-${name}`,
            {
                namespace: meshNamespace(name, child),
                service: flaskapp,
                // The pods keep the environment's name whatever their image: it is what weights and measurements speak of.
                versions: [{ name, deployment: flaskapp, env: { SERVED_AS: name }, ...args }],
                args: ["demoapp"],
            },
            child,
        );
        this.registerOutputs({});
    }
}

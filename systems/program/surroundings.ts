import type * as pulumi from "@pulumi/pulumi";
import type { Place } from "../../cluster/place";
import type { CanaryHeader, Ingress, Weights } from "../../components";
import type { Settings } from "../config/read";

/** What every system of a stack is given. */
export interface Surroundings {
    /** The provider of the cluster, and the mesh that must be there first. */
    readonly opts: pulumi.ComponentResourceOptions;
    readonly place: Place;
    /** The pods at the mesh's edge. */
    readonly ingress: Ingress;
    /** The namespace of the control plane. */
    readonly controlPlane: pulumi.Input<string>;
}

/** What a system tells of itself. */
export interface SystemOutputs {
    /** Where it answers, by its own host name. */
    readonly url: string;
    /** The certificate that callers must trust, PEM; none where it is served plain. */
    readonly certificate?: pulumi.Output<string> | undefined;
    /** Weights as applied, by service. */
    readonly weights: pulumi.Output<Record<string, Weights>>;
    /** Canary headers as applied, by service. */
    readonly canaryHeaders: pulumi.Output<Record<string, CanaryHeader | undefined>>;
    /** The namespace of the routes by which its services of strategy `mesh` are split. */
    readonly routesIn?: pulumi.Input<string>;
    /** The namespaces that its pods are in, which the addons read. */
    readonly namespaces?: pulumi.Input<string>[];
    /** What else its users need. */
    readonly details?: Record<string, pulumi.Input<unknown>>;
}

/** Makes one system of the stack. */
export type Program = (settings: Settings, around: Surroundings) => SystemOutputs;

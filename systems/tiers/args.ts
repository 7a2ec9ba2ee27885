import type * as pulumi from "@pulumi/pulumi";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import type { StepArgs } from "../../components/split/TrafficSplit";

/** A pair: frontends of one version and the backends that they alone call. */
export interface PairArgs {
    /** Names the pair: its backends are `backend-<name>`. */
    name: string;
    /** The version of both tiers. */
    version: string;
    frontendImage: pulumi.Input<string>;
    backendImage: pulumi.Input<string>;
    /** Pods of the backend; 0 where no frontend of the pair runs. Default 5. */
    backendReplicas?: number;
    /** Only for versions that are declared compatible: backends of another version than the frontends'. */
    compatibleBackend?: CompatibleBackendArgs;
}

/** A backend that answers frontends of several versions, because that was declared. */
export interface CompatibleBackendArgs {
    version: string;
    /** The versions of the frontend that it answers. */
    accepts: string[];
}

/** The frontends of a stage. */
export interface StageArgs {
    /** The pair that they belong to. */
    pair: string;
    /** Pods; 0 for a smoke stage that serves nobody. Default 5. */
    replicas?: number;
}

/** The arguments of PairedTiers. */
export interface PairedTiersArgs {
    /** The namespace, which must have sidecar injection on; a plain name, as what runs in it is looked at before a step. */
    namespace: string;
    /** Every pair that has backends. */
    pairs: PairArgs[];
    /** The frontends that users reach. */
    active: StageArgs;
    /** The frontends that are tried out beside them. Default: none. */
    smoke?: StageArgs | undefined;
    /** Percent of requests per version of the pairs; what is not active's goes to smoke. Default: all to active. */
    weights?: Record<string, number> | undefined;
    /** Requests with this header reach the pair of its version whatever the weights. */
    canaryHeader?: CanaryHeader | undefined;
    /** The host that users call. */
    host: string;
    /** The host that always reaches the smoke stage. Default `smoke.<host>`. */
    smokeHost?: string;
    /** The gateway that serves both, as a VirtualService names it. */
    gateway: pulumi.Input<string>;
    /** Seconds that a new frontend must have been ready before the next old one goes. Default 30, as in seed 004. */
    minReadySeconds?: number;
    /** How far one step may go. */
    step?: StepArgs;
}

import type { ConfigureRequest } from "@pulumi/pulumi/proto/provider_pb";
import { ApiClient } from "./client";
import type { ProviderConfig } from "./config";
import { Discovery } from "./discovery";
import type { Engine } from "./engine";
import { UnreachableError } from "./errors";
import type { HelmPlace } from "./helm";
import { Helm } from "./helm/program";
import type { Outcome, Target, Workplace } from "./operation";
import { fromStruct, unwrap, type Properties, type Value } from "./values";

/** Everything that Configure sets up. */
export interface Session extends Workplace, HelmPlace {
    config: ProviderConfig;
}

/** Sets up everything; the cluster is first spoken to when something needs it. */
export function open(config: ProviderConfig, engine: Engine, cancelled: AbortSignal): Session {
    const client = new ApiClient(config);
    return {
        config,
        engine,
        cancelled,
        client,
        discovery: new Discovery(client),
        helm: new Helm(config, cancelled),
        patchForce: config.patchForce,
    };
}

/** A cluster that is gone for good: its objects can be dropped from the state, or left in it as they are. */
export async function whenReachable(
    { config, engine }: Session,
    { urn }: Target,
    id: string,
    known: Partial<Outcome>,
    operation: () => Promise<Outcome>,
): Promise<Outcome> {
    try {
        return await operation();
    } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        engine.log(urn, "warning", error.message);
        if (config.deleteUnreachable) return { id: "" };
        if (config.skipUpdateUnreachable && id) return { ...known, id };
        throw new Error(
            `${error.message}. If the cluster was deleted, remove its resources from the state by running again with PULUMI_K8S_DELETE_UNREACHABLE=true`,
        );
    }
}

/** Engines send the arguments as they are; the older form has strings only, under a prefix. */
export function configuration(request: ConfigureRequest): Properties {
    const prefix = "kubernetes:config:";
    const variables = request.getVariablesMap().toArray();
    const old = variables.map(([key, value]): [string, Value] => [key.replace(prefix, ""), value]);
    return { ...Object.fromEntries(old), ...(unwrap(fromStruct(request.getArgs())) as Properties) };
}

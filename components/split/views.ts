import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "../mesh/client";
import { asWorld } from "../traffic/world/engineValues";
import { identityOf, type Placed, worldKind } from "../traffic/world/objects";
import { encrypted, holds } from "../traffic/world/values";
import type { World } from "../traffic/world/world";
import { type Checkpoint, checkpointOf } from "./checkpoint";
import { objectOf } from "./plainInputs";
import { whenWritten } from "./whenWritten";

/** A resource of the stack's last checkpoint. */
export interface AppliedResource {
    readonly urn: string;
    readonly type: string;
    readonly outputs: unknown;
}

/** What a run finds applied: each place is read once, when it is first asked for. */
export class Views {
    private resourcesRead?: Promise<AppliedResource[]>;
    private stateRead?: Promise<Placed[]>;
    private byUrn?: Promise<ReadonlyMap<string, Placed>>;
    private byIdentity?: Promise<ReadonlyMap<string, Placed>>;
    private liveRead?: Promise<World | Error> | undefined;

    /** All of the stack's last checkpoint. */
    resources(): Promise<AppliedResource[]> {
        return (this.resourcesRead ??= readResources());
    }

    /** What of it decides who is served, whatever its resources are called now. */
    state(): Promise<Placed[]> {
        return (this.stateRead ??= this.resources().then(objectsOf));
    }

    /** What the state has of one resource. */
    async stateAt(urn: string | undefined): Promise<Placed | undefined> {
        this.byUrn ??= this.state().then((all) => new Map(all.flatMap((one) => (one.urn ? [[one.urn, one]] : []))));
        return urn === undefined ? undefined : (await this.byUrn).get(urn);
    }

    /** What the state has of an object, whatever its resource is called. */
    async stateOf(own: Placed): Promise<Placed | undefined> {
        this.byIdentity ??= this.state().then((all) => new Map(all.map((one) => [identityOf(one), one])));
        return (await this.byIdentity).get(identityOf(own));
    }

    /** What the cluster has, or why that can't be read. */
    live(access: ClusterAccess): Promise<World | Error> {
        return (this.liveRead ??= readLive(access));
    }

    /** Lets the cluster be read anew: pods come and go during an `up`. */
    forgetLive(): void {
        this.liveRead = undefined;
    }
}

async function readResources(): Promise<AppliedResource[]> {
    return (await resourcesInFile()) ?? resourcesByEngine();
}

/**
 * Read where a file backend keeps them, which saves a quarter of a second of each run.
 *
 * @returns undefined where the engine has to be asked: there is no such file, or a secret is in what decides who is served.
 */
async function resourcesInFile(): Promise<AppliedResource[] | undefined> {
    const state = await lastCheckpoint();
    const resources = state && (state.deployment.resources ?? []).filter((one) => !one.delete);
    const isSecret = resources?.some(
        ({ type, outputs }) => worldKind(type) !== undefined && holds(asWorld(outputs), encrypted),
    );
    return isSecret ? undefined : resources?.map(({ urn, type, outputs }) => ({ urn, type, outputs }));
}

/** The stack's last checkpoint. @returns undefined where it can't be read from a file */
export function lastCheckpoint(): Promise<Checkpoint | undefined> {
    const at = { backend: process.env.PULUMI_BACKEND_URL, project: pulumi.getProject(), stack: pulumi.getStack() };
    return checkpointOf(at);
}

async function resourcesByEngine(): Promise<AppliedResource[]> {
    const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const { outputs } = (await whenWritten(() =>
        pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName }),
    )) as { outputs: Record<string, { type: string; outputs: unknown }> };
    return Object.entries(outputs).map(([urn, { type, outputs }]) => ({ urn, type, outputs }));
}

async function objectsOf(resources: readonly AppliedResource[]): Promise<Placed[]> {
    const read = resources.map(({ urn, type, outputs }) => objectOf(type, outputs, urn));
    return (await Promise.all(read)).filter((object) => object !== undefined);
}

async function readLive(access: ClusterAccess): Promise<World | Error> {
    try {
        const { liveWorld } = await import("../mesh/live");
        return await liveWorld(access);
    } catch (error) {
        return error as Error;
    }
}

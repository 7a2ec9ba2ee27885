import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "../mesh/client";
import { objectOf } from "./plainInputs";
import type { Placed } from "../traffic/world/objects";
import type { World } from "../traffic/world/world";
import { whenWritten } from "./whenWritten";

/** What a run finds applied: each place is read once, when it is first asked for. */
export class Views {
    private stateRead?: Promise<Placed[]>;
    private liveRead?: Promise<World | Error>;

    /** The stack's last checkpoint, whatever its resources are called now. */
    state(): Promise<Placed[]> {
        return (this.stateRead ??= readState());
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

async function readState(): Promise<Placed[]> {
    const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const { outputs } = (await whenWritten(() =>
        pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName }),
    )) as { outputs: Record<string, { type: string; outputs: unknown }> };
    const read = Object.entries(outputs).map(([urn, { type, outputs: body }]) => objectOf(type, body, urn));
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

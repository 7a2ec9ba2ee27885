import { EventEmitter, once } from "node:events";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "../mesh/client";
import type { StepLimits } from "../traffic/judge/limits";
import { unknown } from "../traffic/world/values";
import type { MeshAccess } from "./meshAccess";
import { plain } from "./plainInputs";
import type { Asked } from "./served";

/** What a hook must know of the resource that it is called for. */
export interface Watched {
    /** The service, as config and messages call it. */
    readonly service: string;
    /** Where the program puts it. */
    readonly namespace: pulumi.Input<string>;
    /** Seconds to wait for the mesh; without them nothing waits. */
    readonly waitSeconds?: number | undefined;
    /** Whether an unsafe step is refused. */
    readonly guard: boolean;
    /** The limits that hold where none are applied yet. */
    readonly limits?: StepLimits | undefined;
    /** What must be answered by somebody, of routes and subsets. */
    readonly asked?: Asked;
}

/** What is known of a resource once it is registered. */
export interface Known extends Watched {
    readonly access: Promise<ClusterAccess | undefined>;
}

/** The resources of one run that hooks are called for, by URN. */
export class WatchedResources {
    private readonly known = new Map<string, Known>();
    /** Tells of each resource by its URN, once that is known. */
    private readonly told = new EventEmitter();

    /** Takes note of a resource. */
    note(urn: pulumi.Output<string>, known: Known): void {
        urn.apply((name) => {
            this.known.set(name, known);
            this.told.emit(name, known);
        });
    }

    /** A resource is registered after its parent, whose URN its own is made of: so it is known by now, or in a moment. */
    async at(urn: string): Promise<Known> {
        const known = this.known.get(urn);
        if (known) return known;
        try {
            const [told] = (await once(this.told, urn, { signal: AbortSignal.timeout(lookUpMs) })) as [Known];
            return told;
        } catch {
            throw new Error(`upshift has a hook for ${urn}, and does not know it`);
        }
    }
}

/**
 * Whether the program knows the namespace: at the preview of a first deployment that may be yet to be made, and so is all in it. The
 * inputs alone don't tell: the official provider puts its default namespace there.
 */
export async function isPlaced({ namespace }: Known): Promise<boolean> {
    return (await plain(pulumi.output(namespace))) !== unknown;
}

/** The mesh that is waited for; undefined where nothing is. */
export async function meshOf({ access, waitSeconds }: Known): Promise<MeshAccess | undefined> {
    if (!waitSeconds) return undefined;
    const reached = await access;
    return reached && { ...reached, timeoutSeconds: waitSeconds };
}

/** How long a resource's URN may take to be known when its hook is called already, in milliseconds. */
const lookUpMs = 10_000;

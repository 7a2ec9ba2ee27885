import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter, once } from "node:events";
import * as pulumi from "@pulumi/pulumi";
import type { StepLimits } from "../traffic/judge/limits";
import type { VirtualServiceInputs } from "../traffic/world/istio";
import type { Placed } from "../traffic/world/objects";
import { unknown } from "../traffic/world/values";
import { holdsAll } from "../traffic/world/workloads";
import type { ClusterAccess } from "../mesh/client";
import { whereNobody } from "../mesh/unreachable";
import { Guard } from "./guard";
import { isUnknown } from "../traffic/world/engineValues";
import { accessOf, type MeshAccess } from "./meshAccess";
import { plain } from "./plainInputs";
import { type Asked, Served } from "./served";
import { type AppliedResource, Views } from "./views";

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

/**
 * The hooks of one run. Each is registered once, by a name of its own, and looks up by the URN which resource it is called for: so
 * two services of one name work side by side. A run is told by its monitor, because one process may have several.
 */
export class RunHooks {
    private readonly views = new Views();
    private readonly guard = new Guard(this.views);
    private readonly answered = new Served(this.views);
    private readonly watched = new Map<string, Known>();
    /** Tells of each resource by its URN, once that is known. */
    private readonly told = new EventEmitter();
    private readonly hooks: Readonly<Record<"step" | "served" | "known" | "taken" | "gone", pulumi.ResourceHook>>;

    /** The hooks of the run that goes on. @returns undefined where nothing calls them: mocks have no engine. */
    static current(): RunHooks | undefined {
        const monitor = pulumi.runtime.getMonitor() ?? {};
        if (!("registerResourceHook" in monitor)) return undefined;
        const key = isPlugin ? addressOf(monitor as unknown as Monitor) : monitor;
        const known = runs.get(key) ?? new RunHooks();
        runs.set(key, known);
        return known;
    }

    /**
     * To be called in a process that makes components for a program in another language: each of them is a call with a monitor of its
     * own, and yet all calls of a run have one engine, which takes a hook's name once, and are one step.
     */
    static inPlugin(): void {
        isPlugin = true;
    }

    private constructor() {
        this.hooks = {
            step: this.hook("step", true, async (args, known) => {
                const { service, guard } = known;
                if (guard && (await isPlaced(known))) await this.guard.judge(args, service);
            }),
            served: this.hook("destinations-served", true, async ({ newInputs }, known) => {
                const { service, asked } = known;
                const { metadata } = newInputs as { readonly metadata: { readonly namespace?: unknown } };
                const mesh = await meshOf(known);
                // Where they really go: a transform may have moved them.
                const { namespace } = metadata;
                if (mesh && asked && typeof namespace === "string" && !isUnknown(namespace) && (await isPlaced(known)))
                    await this.answered.check(mesh, service, namespace, asked);
            }),
            known: this.hook("destinations-known", false, async ({ newInputs }, known) => {
                const mesh = await meshOf(known);
                if (mesh)
                    await (
                        await import("../mesh/convergence")
                    ).waitForDestinations(mesh, newInputs as VirtualServiceInputs);
            }),
            taken: this.hook("routes-taken", false, async ({ newInputs }, known) => {
                const mesh = await meshOf(known);
                if (mesh)
                    await (await import("../mesh/convergence")).waitForRoutes(mesh, newInputs as VirtualServiceInputs);
            }),
            gone: this.hook("old-pods-gone", false, async ({ newInputs }, known) => {
                const mesh = await meshOf(known);
                const { metadata, spec } = newInputs as ChangedDeployment;
                if (mesh)
                    await (
                        await import("../mesh/terminatingPods")
                    ).waitForTerminating(mesh, metadata.namespace, spec.selector.matchLabels);
            }),
        };
    }

    /** All of the stack's last checkpoint. */
    resources(): Promise<AppliedResource[]> {
        return this.views.resources();
    }

    /** How a component's cluster is reached; undefined where that is not known. */
    accessOf(component: pulumi.Resource): Promise<ClusterAccess | undefined> {
        return accessOf(component, () => this.views.resources());
    }

    /** What the stack's last checkpoint has of what decides who is served. */
    applied(): Promise<Placed[]> {
        return this.views.state();
    }

    /** Takes note of systems, services and Deployments that are taken away on purpose. */
    remove(names: readonly string[]): void {
        this.guard.know(undefined, { removed: names });
    }

    /** Takes note of what a component proposes, so that all of a step is judged before any of it is written. */
    propose(objects: readonly Promise<Placed | undefined>[]): void {
        this.guard.propose(objects);
    }

    /**
     * The hooks of a VirtualService: an unsafe step is refused; the write waits until the callers' proxies know the versions (make
     * before break); the update ends when they have the routes. `dependsOn` orders only the API writes (istio #8420).
     *
     * @param proposed the VirtualService as the program has it.
     */
    ofRoutes(
        name: string,
        parent: pulumi.Resource,
        watched: Watched,
        proposed: Promise<Placed | undefined>,
    ): pulumi.ResourceHookBinding {
        const { urn, known: noted } = this.watch(
            name,
            "kubernetes:networking.istio.io/v1:VirtualService",
            parent,
            watched,
        );
        // What goes wrong ahead of time is told by the hook, which asks again.
        this.openAhead(urn, proposed, noted).catch(() => undefined);
        const { step, served, known, taken } = this.hooks;
        // Of routes to nobody that is to be said, and not how large a step to nobody is.
        const before = watched.asked ? [served, step, known] : [step, known];
        return { beforeCreate: before, afterCreate: [taken], beforeUpdate: before, afterUpdate: [taken] };
    }

    /** The hooks of a DestinationRule or a Service. */
    ofObject(name: string, type: string, parent: pulumi.Resource, watched: Watched): pulumi.ResourceHookBinding {
        this.watch(name, type, parent, watched);
        const { step, served } = this.hooks;
        const before = watched.asked ? [served, step] : [step];
        return { beforeCreate: before, beforeUpdate: before };
    }

    /**
     * The hooks of a Deployment. Its change is over only when its old pods have gone: while they drain they still get requests, and
     * still call others.
     */
    ofPods(name: string, parent: pulumi.Resource, watched: Watched): pulumi.ResourceHookBinding {
        return {
            ...this.ofObject(name, "kubernetes:apps/v1:Deployment", parent, watched),
            ...(watched.waitSeconds && { afterUpdate: [this.hooks.gone] }),
        };
    }

    /**
     * Opens connections to the proxies where an update changes routes, while the engine still has other resources to look at: the hooks,
     * which come one by one, would have it wait for that. What the cluster has is not read before its hook: this run may make it.
     */
    private async openAhead(
        urn: pulumi.Output<string>,
        proposed: Promise<Placed | undefined>,
        known: Known,
    ): Promise<void> {
        if (pulumi.runtime.isDryRun()) return;
        const [own, applied, mesh] = await Promise.all([
            proposed,
            plain(urn).then((one) => this.views.stateAt(typeof one === "string" ? one : undefined)),
            meshOf(known),
        ]);
        // No hook is called of routes that stay as they are.
        if (!own || !applied || !mesh || holdsAll(applied.body, { spec: own.body.spec })) return;
        const { openProxies } = await import("../mesh/convergence");
        await openProxies(mesh, own.body as unknown as VirtualServiceInputs);
    }

    /** Takes note of a resource. @returns its URN, and what is known of it */
    private watch(
        name: string,
        type: string,
        parent: pulumi.Resource,
        watched: Watched,
    ): { readonly urn: pulumi.Output<string>; readonly known: Known } {
        const access = this.accessOf(parent);
        this.guard.know(access, watched.limits ?? {});
        const known = { ...watched, access };
        const urn = pulumi.createUrn(name, type, parent);
        urn.apply((name) => {
            this.watched.set(name, known);
            this.told.emit(name, known);
        });
        return { urn, known };
    }

    private hook(
        name: string,
        onDryRun: boolean,
        act: (args: pulumi.ResourceHookArgs, watched: Known) => Promise<void> | undefined,
    ): pulumi.ResourceHook {
        // A hook is called from outside the program, and there an inline program's run is not known.
        const inRun = AsyncLocalStorage.snapshot();
        return new pulumi.ResourceHook(
            `upshift-${name}`,
            (args) =>
                inRun(async () => {
                    const known = await this.lookUp(args.urn);
                    try {
                        await act(args, known);
                    } catch (error) {
                        throw whereNobody(error as NodeJS.ErrnoException, await known.access);
                    }
                }),
            { onDryRun },
        );
    }

    /** A resource is registered after its parent, whose URN its own is made of: so it is known by now, or in a moment. */
    private async lookUp(urn: string): Promise<Known> {
        const known = this.watched.get(urn);
        if (known) return known;
        try {
            const [told] = (await once(this.told, urn, { signal: AbortSignal.timeout(lookUpMs) })) as [Known];
            return told;
        } catch {
            throw new Error(`upshift has a hook for ${urn}, and does not know it`);
        }
    }
}

/** What is known of a resource once it is registered. */
interface Known extends Watched {
    readonly access: Promise<ClusterAccess | undefined>;
}

/**
 * Whether the program knows the namespace: at the preview of a first deployment that may be yet to be made, and so is all in it. The
 * inputs alone don't tell: the official provider puts its default namespace there.
 */
async function isPlaced({ namespace }: Known): Promise<boolean> {
    return (await plain(pulumi.output(namespace))) !== unknown;
}

/** The mesh that is waited for; undefined where nothing is. */
async function meshOf({ access, waitSeconds }: Known): Promise<MeshAccess | undefined> {
    if (!waitSeconds) return undefined;
    const reached = await access;
    return reached && { ...reached, timeoutSeconds: waitSeconds };
}

/** A client of the engine that goes on with a run. */
interface Monitor {
    getChannel(): { getTarget(): string };
}

/** The same object for each client of one engine. */
function addressOf(monitor: Monitor): object {
    const target = monitor.getChannel().getTarget();
    const address = addresses.get(target) ?? {};
    addresses.set(target, address);
    return address;
}

let isPlugin = false;
const addresses = new Map<string, object>();
const runs = new WeakMap<object, RunHooks>();
/** How long a resource's URN may take to be known when its hook is called already, in milliseconds. */
const lookUpMs = 10_000;

interface ChangedDeployment {
    metadata: { namespace: string };
    spec: { selector: { matchLabels: Record<string, string> } };
}

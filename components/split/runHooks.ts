import { AsyncLocalStorage } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import type { StepLimits } from "../traffic/judge/limits";
import type { VirtualServiceInputs } from "../traffic/world/istio";
import type { Placed } from "../traffic/world/objects";
import { Guard } from "./guard";
import type { MeshAccess } from "./meshAccess";
import type { AppliedResource } from "./views";

/** What a hook must know of the resource that it is called for. */
export interface Watched {
    /** The service, as config and messages call it. */
    readonly service: string;
    /** How the cluster is reached; without it nothing waits. */
    readonly mesh?: MeshAccess;
    /** Whether an unsafe step is refused. */
    readonly guard: boolean;
    /** The limits that hold where none are applied yet. */
    readonly limits?: StepLimits;
}

/**
 * The hooks of one run. Each is registered once, by a name of its own, and looks up by the URN which resource it is called for: so
 * two services of one name work side by side. A run is told by its monitor, because one process may have several.
 */
export class RunHooks {
    private readonly guard = new Guard();
    private readonly watched: Promise<readonly [string, Watched]>[] = [];
    private readonly hooks: Readonly<Record<"step" | "known" | "taken" | "gone", pulumi.ResourceHook>>;

    /** The hooks of the run that goes on. @returns undefined where nothing calls them: mocks have no engine. */
    static current(): RunHooks | undefined {
        const monitor = pulumi.runtime.getMonitor() ?? {};
        if (!("registerResourceHook" in monitor)) return undefined;
        const known = runs.get(monitor) ?? new RunHooks();
        runs.set(monitor, known);
        return known;
    }

    private constructor() {
        this.hooks = {
            step: this.hook("step", true, async (args, { service, guard }) =>
                guard ? this.guard.judge(args, service) : undefined,
            ),
            known: this.hook("destinations-known", false, async ({ newInputs }, { mesh }) => {
                if (mesh)
                    await (
                        await import("../mesh/convergence")
                    ).waitForDestinations(mesh, newInputs as VirtualServiceInputs);
            }),
            taken: this.hook("routes-taken", false, async ({ newInputs }, { mesh }) => {
                if (mesh)
                    await (await import("../mesh/convergence")).waitForRoutes(mesh, newInputs as VirtualServiceInputs);
            }),
            gone: this.hook("old-pods-gone", false, async ({ newInputs }, { mesh }) => {
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
        return this.guard.resources();
    }

    /** What the stack's last checkpoint has of what decides who is served. */
    applied(): Promise<Placed[]> {
        return this.guard.applied();
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
     */
    ofRoutes(name: string, parent: pulumi.Resource | undefined, watched: Watched): pulumi.ResourceHookBinding {
        this.watch(name, "kubernetes:networking.istio.io/v1:VirtualService", parent, watched);
        const { step, known, taken } = this.hooks;
        return { beforeCreate: [step, known], afterCreate: [taken], beforeUpdate: [step, known], afterUpdate: [taken] };
    }

    /** The hooks of a DestinationRule or a Service. */
    ofObject(
        name: string,
        type: string,
        parent: pulumi.Resource | undefined,
        watched: Watched,
    ): pulumi.ResourceHookBinding {
        this.watch(name, type, parent, watched);
        return { beforeCreate: [this.hooks.step], beforeUpdate: [this.hooks.step] };
    }

    /**
     * The hooks of a Deployment. Its change is over only when its old pods have gone: while they drain they still get requests, and
     * still call others.
     */
    ofPods(name: string, parent: pulumi.Resource | undefined, watched: Watched): pulumi.ResourceHookBinding {
        return {
            ...this.ofObject(name, "kubernetes:apps/v1:Deployment", parent, watched),
            ...(watched.mesh && { afterUpdate: [this.hooks.gone] }),
        };
    }

    private watch(name: string, type: string, parent: pulumi.Resource | undefined, watched: Watched): void {
        this.guard.know(watched.mesh, watched.limits ?? {});
        const urn = pulumi.createUrn(name, type, parent);
        this.watched.push(new Promise((resolve) => urn.apply((known) => resolve([known, watched]))));
    }

    private hook(
        name: string,
        onDryRun: boolean,
        act: (args: pulumi.ResourceHookArgs, watched: Watched) => Promise<void> | undefined,
    ): pulumi.ResourceHook {
        // A hook is called from outside the program, and there an inline program's run is not known.
        const inRun = AsyncLocalStorage.snapshot();
        return new pulumi.ResourceHook(
            `upshift-${name}`,
            (args) =>
                inRun(async () => {
                    await act(args, await this.lookUp(args.urn));
                }),
            { onDryRun },
        );
    }

    /** A resource is registered after its parent, whose URN its own is made of: so it is known by now, or in a moment. */
    private lookUp(urn: string): Promise<Watched> {
        return new Promise((resolve, reject) => {
            const late = setTimeout(
                () => reject(new Error(`upshift has a hook for ${urn}, and does not know it`)),
                lookUpMs,
            );
            for (const one of this.watched)
                void one.then(([known, watched]) => {
                    if (known !== urn) return;
                    clearTimeout(late);
                    resolve(watched);
                });
        });
    }
}

const runs = new WeakMap<object, RunHooks>();
/** How long a resource's URN may take to be known when its hook is called already, in milliseconds. */
const lookUpMs = 10_000;

interface ChangedDeployment {
    metadata: { namespace: string };
    spec: { selector: { matchLabels: Record<string, string> } };
}

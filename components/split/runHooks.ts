import { AsyncLocalStorage } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import type { VirtualServiceInputs } from "../traffic/world/istio";
import type { Placed } from "../traffic/world/objects";
import { holdsAll } from "../traffic/world/workloads";
import type { ClusterAccess } from "../mesh/client";
import { whereNobody } from "../mesh/unreachable";
import { Guard } from "./guard";
import { isUnknown } from "../traffic/world/engineValues";
import { accessOf } from "./meshAccess";
import { currentRun } from "./runs";
import { Served } from "./served";
import { type AppliedResource, Views } from "./views";
import { isPlaced, type Known, meshOf, type Watched, WatchedResources } from "./watched";

/**
 * The hooks of one run. Each is registered once, by a name of its own, and looks up by the URN which resource it is called for: so
 * two services of one name work side by side.
 */
export class RunHooks {
    private readonly views = new Views();
    private readonly guard = new Guard(this.views);
    private readonly answered = new Served(this.views);
    private readonly watched = new WatchedResources();
    private readonly hooks: Readonly<Record<"step" | "served" | "known" | "taken" | "gone", pulumi.ResourceHook>>;

    /** The hooks of the run that goes on. @returns undefined where nothing calls them: mocks have no engine. */
    static current(): RunHooks | undefined {
        const run = currentRun();
        if (run === undefined) return undefined;
        const known = ofRun.get(run) ?? new RunHooks();
        ofRun.set(run, known);
        return known;
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
        const noted = this.watch(name, "kubernetes:networking.istio.io/v1:VirtualService", parent, watched);
        // What goes wrong ahead of time is told by the hook, which asks again.
        this.workAhead(proposed, noted).catch(() => undefined);
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
     * Where routes change, judges the step and opens connections to the proxies while the engine still has other resources to look at:
     * the hooks, which come one by one, would have it wait for that. Routes that are not in the state are left to their hooks: this run
     * may make the cluster that they stand in.
     */
    private async workAhead(proposed: Promise<Placed | undefined>, known: Known): Promise<void> {
        const own = await proposed;
        // Not by its URN, which is known only once its parent is registered, after all that this waits for.
        const applied = own && (await this.views.stateOf(own));
        // No hook is called of routes that stay as they are.
        if (!applied || holdsAll(applied.body, { spec: own.body.spec })) return;
        const opening = pulumi.runtime.isDryRun() ? undefined : openProxiesTo(own, known);
        const judging = known.guard && this.guard.judgeAhead({ ...own, urn: applied.urn }, applied, opening);
        await Promise.all([opening, judging]);
    }

    /** Takes note of a resource. @returns what is known of it */
    private watch(name: string, type: string, parent: pulumi.Resource, watched: Watched): Known {
        const access = this.accessOf(parent);
        this.guard.know(access, watched.limits ?? {});
        const known = { ...watched, access };
        this.watched.note(pulumi.createUrn(name, type, parent), known);
        return known;
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
                    const known = await this.watched.at(args.urn);
                    try {
                        await act(args, known);
                    } catch (error) {
                        throw whereNobody(error as NodeJS.ErrnoException, await known.access);
                    }
                }),
            { onDryRun },
        );
    }
}

async function openProxiesTo({ body }: Placed, known: Known): Promise<void> {
    const mesh = await meshOf(known);
    if (!mesh) return;
    const { openProxies } = await import("../mesh/convergence");
    await openProxies(mesh, body as unknown as VirtualServiceInputs);
}

const ofRun = new WeakMap<object, RunHooks>();

interface ChangedDeployment {
    metadata: { namespace: string };
    spec: { selector: { matchLabels: Record<string, string> } };
}

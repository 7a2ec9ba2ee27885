import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import { getProject } from "@pulumi/pulumi/metadata";
import { Config } from "@pulumi/pulumi/config";
import { isDryRun } from "@pulumi/pulumi/runtime/settings";
import { identityOf } from "../../components/traffic/world/objects";
import { clusterObjects } from "./cluster";
import { type Body, isBody, kubeObject, type KubeObject, readable, typeOf, type TypeOfObject, unknown } from "./object";
import { lastApplied } from "./state";

/** Where a run has what it compares with. */
export interface Sources {
    /** @throws when it can't be read */
    state(): Promise<readonly KubeObject[]>;
    /** @returns undefined where the cluster can't be read */
    cluster(provider: Body): Promise<readonly KubeObject[] | undefined>;
    /** A value of the stack's config, such as `stable`; maps as objects. */
    config(key: string): unknown;
    /** Whether this is a preview, in which nothing is applied. */
    readonly isPreview: boolean;
    now(): Date;
}

/** Kinds whose fields are looked at beyond the resource's own check. */
const kept = new Set([
    ...["VirtualService", "DestinationRule", "ServiceEntry", "Gateway", "PeerAuthentication", "Service", "Namespace"],
    ...["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "PodDisruptionBudget"],
]);

/**
 * What the pack knows in one preview or update: what is applied, read once and late, and every resource that the program has
 * registered so far. One process of the pack lives for one run.
 */
export class Run {
    private readonly seen = new Map<string, KubeObject>();
    /** URNs of all resources that were registered, the names they had before included. */
    readonly registered = new Set<string>();
    private readonly said = new Set<string>();
    private stateRead?: Promise<readonly KubeObject[]>;
    private readonly clusterRead = new Map<string, Promise<readonly KubeObject[] | undefined>>();
    private readonly amid = new WeakMap<readonly KubeObject[], Map<string, Promise<readonly KubeObject[]>>>();
    private readonly providers = new Map<string, Body>();
    private listed?: readonly KubeObject[] | undefined;
    private stack?: { readonly key: string; readonly seen: unknown; readonly objects: readonly KubeObject[] };

    constructor(readonly sources: Sources = realSources()) {}

    /** The objects that the last updates applied. @throws when they can't be read */
    applied(): Promise<readonly KubeObject[]> {
        this.stateRead ??= this.sources.state();
        this.stateRead.catch(() => undefined);
        return this.stateRead;
    }

    /** The objects of the cluster that an object is meant for. */
    async live({ provider }: KubeObject): Promise<readonly KubeObject[] | undefined> {
        const inputs = this.providers.get(provider);
        if (!inputs) return undefined;
        const key = this.clusterOf(provider);
        const read = this.clusterRead.get(key) ?? this.sources.cluster(inputs);
        this.clusterRead.set(key, read);
        return read;
    }

    /**
     * Some objects of the stack, and those of an object's cluster that no stack of this program made: what is adopted is there all the
     * same. The same list for the same objects, whichever policy asks.
     */
    amidCluster(object: KubeObject, objects: readonly KubeObject[]): Promise<readonly KubeObject[]> {
        const known = this.amid.get(objects) ?? new Map<string, Promise<readonly KubeObject[]>>();
        this.amid.set(objects, known);
        const key = this.clusterOf(object.provider);
        const list = known.get(key) ?? this.withForeign(object, objects);
        known.set(key, list);
        return list;
    }

    private async withForeign(object: KubeObject, objects: readonly KubeObject[]): Promise<readonly KubeObject[]> {
        // That the state can't be read is said where the step is judged.
        const applied = await this.applied().catch(() => []);
        const own = new Set([...objects, ...applied].map(identityOf));
        const foreign = ((await this.live(object)) ?? []).filter((one) => !own.has(identityOf(one)));
        return foreign.length === 0 ? objects : [...objects, ...foreign];
    }

    /** What tells a provider's cluster from others: two providers of one cluster are one. */
    clusterOf(provider: string): string {
        const { kubeconfig, context, cluster } = this.providers.get(provider) ?? { kubeconfig: unknown };
        return kubeconfig === unknown ? provider : JSON.stringify([kubeconfig, context, cluster]);
    }

    /** What the program has registered so far, of the kinds that are looked at together: the same list until there is more. */
    objects(): readonly KubeObject[] {
        return (this.listed ??= [...this.seen.values()]);
    }

    /**
     * Takes note of a resource that is about to be applied.
     *
     * @param isNew whether the caller has judged what is known of this resource already, so that it is here anew.
     */
    see(args: ResourceValidationArgs, isNew: (known: KubeObject) => boolean): KubeObject | undefined {
        const type = typeOf(args.type);
        const known = this.seen.get(args.urn);
        if (known && !isNew(known)) return known;
        if (args.type === "pulumi:providers:kubernetes") this.keepProvider(args);
        this.registered.add(args.urn);
        args.opts.aliases.forEach((alias) => this.registered.add(alias));
        if (!type || !kept.has(type.kind)) return undefined;
        // Asked for now, so that it is there when it is needed.
        void this.applied();
        if (args.provider) this.keepProvider(args.provider);
        const object = objectOf(args, type);
        this.seen.set(args.urn, object);
        this.listed = undefined;
        return object;
    }

    /**
     * The stack as it will be: registered objects as they were asked for, and those that only remain. The same list, whichever policy
     * asks.
     */
    remaining(resources: readonly PolicyResource[]): readonly KubeObject[] {
        const key = resources.map(({ urn }) => urn).join(" ");
        if (this.stack?.key === key && this.stack.seen === this.objects()) return this.stack.objects;
        const urns = new Set(resources.map(({ urn }) => urn));
        const asked = resources.flatMap((resource) => {
            const type = typeOf(resource.type);
            if (!type || !kept.has(type.kind)) return [];
            return [this.seen.get(resource.urn) ?? objectOf(resource, type)];
        });
        const objects = [...asked, ...this.objects().filter(({ urn }) => !urns.has(urn))];
        this.stack = { key, seen: this.objects(), objects };
        return objects;
    }

    /** Whether a message was said before. */
    hasSaid(policy: string, message: string): boolean {
        return this.said.has(`${policy} ${message}`);
    }

    /** Whether a message is said for the first time: what a resource's check has said, the stack's need not repeat. */
    saysFirst(policy: string, message: string): boolean {
        const key = `${policy} ${message}`;
        return !this.said.has(key) && Boolean(this.said.add(key));
    }

    private keepProvider({ urn, props }: Pick<ResourceValidationArgs, "urn" | "props">): void {
        if (this.providers.has(urn)) return;
        const inputs = readable(props);
        this.providers.set(urn, isBody(inputs) ? inputs : {});
        this.registered.add(urn);
    }
}

let current: Run | undefined;

/** The run that goes on. */
export function run(): Run {
    return (current ??= new Run());
}

/** Begins another run, with sources of its own: for tests. */
export function beginRun(sources: Sources): Run {
    return (current = new Run(sources));
}

function objectOf(
    { urn, props, opts, provider }: Pick<ResourceValidationArgs, "urn" | "props" | "opts" | "provider">,
    type: TypeOfObject,
): KubeObject {
    const body = readable(props);
    return kubeObject(type, isBody(body) ? body : {}, { urn, aliases: opts.aliases, provider: provider?.urn ?? "" });
}

function realSources(): Sources {
    const config = new Config(getProject());
    return {
        state: lastApplied,
        cluster: clusterObjects,
        config: (key) => {
            const text = config.get(key);
            return text === undefined ? undefined : json(text);
        },
        isPreview: isDryRun(),
        now: () => new Date(),
    };
}

function json(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return text;
    }
}

import {
    type Policies,
    type ResourceValidationArgs,
    type StackValidationArgs,
    unknownCheckingProxy,
} from "@pulumi/policy";
import { policies } from "../../policies/policies";
import { type Body, kubeObject, type KubeObject, typeOf } from "../../policies/read/object";
import { beginRun, type Sources } from "../../policies/read/run";
import type { Made } from "./policyObjects";

/** What a test's run begins with; all is optional. */
export interface Situation {
    /** What the state has. */
    readonly applied?: readonly Made[];
    /** What the cluster has; it can't be read where this is left out. */
    readonly live?: readonly Made[];
    /** Why the state can't be read. */
    readonly unreadable?: string;
    readonly stackConfig?: Readonly<Record<string, unknown>>;
    /** Config of the policy beside its defaults. */
    readonly config?: Body | undefined;
    readonly isUpdate?: boolean;
    readonly now?: string;
    /** URNs that objects of the state depended on, by the name of the object. */
    readonly dependencies?: Readonly<Record<string, readonly string[]>>;
}

/** A policy's findings on a proposal: of each resource in turn, then of the stack, as the engine asks for them. */
export async function findings(
    policy: string,
    proposed: readonly Made[],
    situation: Situation = {},
): Promise<string[]> {
    const { resources, stack } = await judged(policy, proposed, situation);
    return [...resources, ...stack];
}

/** The same, apart: what is said before a resource is applied, and what when all is known. */
export async function judged(
    policy: string,
    proposed: readonly Made[],
    situation: Situation = {},
): Promise<{ resources: string[]; stack: string[] }> {
    const found = (policies as Policies).find(({ name }) => name === policy);
    if (!found) throw new Error(`no policy ${policy}`);
    beginRun(sourcesOf(situation));
    const getConfig = <T extends object>(): T =>
        ({ ...defaultsOf(found.configSchema?.properties ?? {}), ...situation.config }) as T;
    const told = { resources: [] as string[], stack: [] as string[] };
    const args = proposed.map((made) => argsOf(made, getConfig));
    if ("validateResource" in found && typeof found.validateResource === "function")
        for (const one of args) await found.validateResource(one, (message) => told.resources.push(message));
    if ("validateStack" in found) {
        const stackArgs = { resources: args, getConfig, stackTags: new Map(), notApplicable: notApplicable };
        await found.validateStack(stackArgs as unknown as StackValidationArgs, (message) => told.stack.push(message));
    }
    return told;
}

/** The URN that a test's program gives an object. */
export function urnOf({ kind, name, apiVersion }: Pick<Made, "kind" | "name" | "apiVersion">): string {
    return `urn:pulumi:dev::sandbox::kubernetes:${apiVersion}:${kind}::${name}`;
}

function sourcesOf({
    applied = [],
    live,
    unreadable,
    stackConfig = {},
    isUpdate,
    now,
    dependencies = {},
}: Situation): Sources {
    return {
        state: async () => {
            if (unreadable !== undefined) throw new Error(unreadable);
            return applied.map((made) => objectOf(made, dependencies[made.name]));
        },
        cluster: async ({ context }) =>
            live
                ?.filter(({ provider = "cluster" }) => provider === context)
                .map((made) => ({ ...objectOf(made), urn: "", provider: "" })),
        config: (key) => stackConfig[key],
        isPreview: !isUpdate,
        now: () => new Date(now ?? "2026-11-21T12:00:00Z"),
    };
}

function objectOf(made: Made, dependencies: readonly string[] = []): KubeObject {
    const type = typeOf(`kubernetes:${made.apiVersion}:${made.kind}`);
    if (!type) throw new Error(`${made.kind} is no kind of Kubernetes`);
    const replicas = made.spec.replicas;
    const readyPods = typeof replicas === "number" ? replicas : undefined;
    return kubeObject(
        type,
        { metadata: made.metadata, spec: made.spec },
        { urn: urnOf(made), provider: made.provider ?? "cluster", dependencies, readyPods },
    );
}

/** Of the SDK, whose types do not reach it. */
const proven = unknownCheckingProxy as (fields: object) => Record<string, unknown>;

function argsOf(made: Made, getConfig: <T extends object>() => T): ResourceValidationArgs {
    const { apiVersion, kind, metadata, spec, name, aliases = [], provider = "cluster" } = made;
    return {
        type: `kubernetes:${apiVersion}:${kind}`,
        props: proven({ apiVersion, kind, metadata, spec }),
        urn: urnOf(made),
        name,
        opts: {
            aliases: aliases.map((alias) => urnOf({ ...made, name: alias })),
        } as unknown as ResourceValidationArgs["opts"],
        provider: { type: "pulumi:providers:kubernetes", props: { context: provider }, urn: provider, name: provider },
        stackTags: new Map(),
        isType: () => false,
        asType: () => undefined,
        getConfig,
        notApplicable,
    };
}

function defaultsOf(properties: Readonly<Record<string, { default?: unknown }>>): object {
    const given = Object.entries(properties).filter(([, schema]) => schema.default !== undefined);
    return Object.fromEntries(given.map(([key, schema]) => [key, schema.default]));
}

function notApplicable(): never {
    throw new Error("not applicable");
}

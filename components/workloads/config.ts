import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { scrypt } from "node:crypto";
import { promisify } from "node:util";
import { canonical } from "../traffic/world/objects";
import type { Value } from "../traffic/world/values";
import type { Problem } from "../traffic/split/problem";
import { mountName } from "./volumes";

/**
 * A ConfigMap or a Secret of the same namespace that the pods read: each key as an environment variable, unless `mountPath` or
 * `variables` say otherwise. Other content rolls the pods.
 *
 * What is in it is known where its name is an output of the resource in the same program (`settings.metadata.name`); else say it
 * by `content`.
 */
export interface ConfigSourceArgs {
    /** The ConfigMap's name. */
    configMap?: pulumi.Input<string>;
    /** The Secret's name. */
    secret?: pulumi.Input<string>;
    /** Where its keys are files, read-only. */
    mountPath?: string;
    /** Environment variables by name, each with the key that it is read from. */
    variables?: Record<string, string>;
    /** What is in it, where its name does not tell. Only a checksum of it is kept. */
    content?: pulumi.Input<Record<string, string>>;
    /** Whether other content rolls the pods. Default true; false for a service that reads its files again by itself. */
    rolls?: boolean;
}

/** What of a container and its pod comes from ConfigMaps and Secrets. */
export interface ConfigParts {
    env: Record<string, k8s.types.input.core.v1.EnvVarSource>;
    envFrom: k8s.types.input.core.v1.EnvFromSource[];
    volumes: k8s.types.input.core.v1.Volume[];
    volumeMounts: k8s.types.input.core.v1.VolumeMount[];
}

/** @param isGroupSet whether the pod's files belong to a group of its user; without one only files that everybody may read can be. */
export function configParts(sources: readonly ConfigSourceArgs[], isGroupSet: boolean): ConfigParts {
    const parts: ConfigParts = { env: {}, envFrom: [], volumes: [], volumeMounts: [] };
    for (const source of sources) {
        const { configMap, secret, mountPath, variables } = source;
        for (const [variable, key] of Object.entries(variables ?? {}))
            parts.env[variable] = secret
                ? { secretKeyRef: { name: secret, key } }
                : { configMapKeyRef: { name: configMap, key } };
        if (mountPath !== undefined) {
            const name = mountName(mountPath);
            const defaultMode = isGroupSet ? 0o440 : 0o444;
            parts.volumes.push(
                secret
                    ? { name, secret: { secretName: secret, defaultMode } }
                    : { name, configMap: { name: configMap, defaultMode } },
            );
            parts.volumeMounts.push({ name, mountPath, readOnly: true });
        }
        if (mountPath === undefined && variables === undefined)
            parts.envFrom.push(secret ? { secretRef: { name: secret } } : { configMapRef: { name: configMap } });
    }
    return parts;
}

/** @returns every problem of sources that stand at `at`. */
export function configProblems(at: string, sources: readonly ConfigSourceArgs[]): Problem[] {
    return sources.flatMap(({ configMap, secret }, index) => {
        if ((configMap === undefined) !== (secret === undefined)) return [];
        const message = `names ${configMap === undefined ? "neither a ConfigMap nor a Secret" : "a ConfigMap and a Secret"}`;
        return [{ at: `${at}[${index}]`, message, fix: "give each an entry of its own, with configMap or secret" }];
    });
}

/**
 * One checksum of all that pods read by reference, for their template: with other content there is another template, and so other
 * pods.
 *
 * It may be seen by whoever may see pods, and not what is in a Secret; so it takes long to compute: a password can't be found by
 * trying many.
 *
 * @param salt keeps equal contents of two services apart.
 * @returns undefined where nothing is read, or nothing of it rolls the pods.
 */
export function configChecksum(
    sources: readonly ConfigSourceArgs[],
    salt: string,
    resource: pulumi.Resource,
): pulumi.Output<string> | undefined {
    const rolling = sources.filter(({ rolls = true }) => rolls);
    if (rolling.length === 0) return undefined;
    const contents = rolling.map((source): pulumi.Output<unknown> =>
        source.content ? pulumi.output(source.content) : contentBehind(source, resource),
    );
    const checksum = pulumi.all(contents).apply((all) => digest(all as Value[], salt));
    // The content is a secret; what can't be turned back into it is none.
    return pulumi.unsecret(checksum);
}

/** It takes a tenth of a second, in which other threads may do something else. */
async function digest(content: Value, salt: string): Promise<string> {
    const key = (await promisify(scrypt)(canonical(content), salt, 12)) as Buffer;
    return key.toString("hex");
}

/** What is in a ConfigMap or Secret of this program, by the output that names it. */
function contentBehind({ configMap, secret }: ConfigSourceArgs, resource: pulumi.Resource): pulumi.Output<unknown> {
    const name = pulumi.output(configMap ?? secret ?? "");
    const found = sourceOf(name).then((source) => source && pulumi.all([source.data, source.binaryData]));
    return pulumi.all([name, pulumi.output(found)]).apply(async ([named, content]) => {
        if (content === undefined)
            await pulumi.log.warn(
                `other content of ${secret ? "Secret" : "ConfigMap"} ${named} will not roll the pods: nothing says what is in it\n` +
                    "  fix: give its name as an output of the resource (settings.metadata.name), or its content; rolls: false if that is meant",
                resource,
            );
        return content;
    });
}

interface Source {
    readonly data: pulumi.Output<unknown>;
    readonly binaryData: pulumi.Output<unknown> | undefined;
}

/** An output knows the resources that it comes from, which its type does not tell of. */
async function sourceOf(name: pulumi.Output<string>): Promise<Source | undefined> {
    const { allResources } = name as unknown as { readonly allResources?: () => Promise<Set<pulumi.Resource>> };
    const resources = await allResources?.call(name);
    return [...(resources ?? [])].find((one) =>
        ["kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:Secret"].includes(
            (one as { readonly __pulumiType?: string }).__pulumiType ?? "",
        ),
    ) as Source | undefined;
}

/** A component's arguments as its inputs are kept in the state: without what is in ConfigMaps and Secrets. */
export function withoutContents(args: {
    readonly config?: readonly ConfigSourceArgs[] | undefined;
    readonly versions: readonly { readonly config?: readonly ConfigSourceArgs[] }[];
}): object {
    const bare = (sources: readonly ConfigSourceArgs[] | undefined) =>
        sources?.map((source) => ({ ...source, content: undefined }));
    return {
        ...args,
        config: bare(args.config),
        versions: args.versions.map((version) => ({ ...version, config: bare(version.config) })),
    };
}

import { isObject, plain, type Properties, type Value } from "./values";
import type { Mutability } from "./immutable";

/** What a program can say to this provider. All but the cluster is optional. */
export interface ProviderConfig {
    /** A path, or the contents as YAML or JSON. Default: $KUBECONFIG, then ~/.kube/config. */
    kubeconfig?: string | undefined;
    context?: string | undefined;
    cluster?: string | undefined;
    /** For objects that name none. Default: none, and the API server takes `default`. */
    namespace?: string | undefined;
    /** Whether changes of ConfigMaps and Secrets update them in place. Default: they are replaced. */
    mutable: Mutability;
    /** Whether conflicts with other field managers are always won. Default: no; see the annotation pulumi.com/patchForce. */
    patchForce: boolean;
    /** Whether objects of a cluster that is gone are dropped from the state. Default: no. */
    deleteUnreachable: boolean;
    /** Whether objects of a cluster that cannot be reached are left as they are. Default: no. */
    skipUpdateUnreachable: boolean;
    /** How long one request may take, in milliseconds. Default 60,000. */
    requestTimeoutMs: number;
}

/**
 * Reads the provider's configuration. Values come as strings, structures as JSON in strings.
 *
 * @throws when something is asked for that this provider cannot do.
 */
export function readConfig(args: Properties, env: NodeJS.ProcessEnv = process.env): ProviderConfig {
    const values = plain(args);
    const flag = (name: string, variable: string): boolean => isTrue(values[name] ?? env[variable]);
    const refused = ["renderYamlToDirectory", "clusterIdentifier"].filter((name) => values[name]);
    if (refused.length) throw new Error(`${refused.join(", ")}: only the official Kubernetes provider can do this.`);
    if (values.enableServerSideApply !== undefined && !isTrue(values.enableServerSideApply)) {
        throw new Error(
            "enableServerSideApply: false needs the official Kubernetes provider. Leave it out: server-side apply is the default.",
        );
    }
    return {
        kubeconfig: kubeconfigText(values.kubeconfig),
        context: text(values.context),
        cluster: text(values.cluster),
        namespace: text(values.namespace),
        mutable: {
            configMaps: flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
            secrets:
                flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE") ||
                flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
        },
        patchForce: flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
        deleteUnreachable: flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
        skipUpdateUnreachable: flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
        requestTimeoutMs: requestTimeout(values.kubeClientSettings),
    };
}

/** A kubeconfig can be given as an object too. */
export function kubeconfigText(value: Value | undefined): string | undefined {
    return isObject(value) ? JSON.stringify(value) : text(value);
}

/** `kubeClientSettings.timeout` is in seconds. Its rates are not needed: the API server itself says when it is too much. */
function requestTimeout(settings: Value | undefined): number {
    const parsed: unknown = typeof settings === "string" && settings ? JSON.parse(settings) : settings;
    const seconds = typeof parsed === "object" && parsed !== null && "timeout" in parsed ? Number(parsed.timeout) : 0;
    return seconds > 0 ? seconds * 1000 : 60_000;
}

function isTrue(value: Value | undefined): boolean {
    return value === true || value === "true";
}

function text(value: Value | undefined): string | undefined {
    return typeof value === "string" && value ? value : undefined;
}

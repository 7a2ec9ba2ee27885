import { keptAs } from "./helm/driver";
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
    /** What helm is told of where it keeps and finds things, as variables of its own. Default: those that the user has. */
    helm: Readonly<Record<string, string>>;
}

/**
 * Reads the provider's configuration. Values come as strings, structures as JSON in strings.
 *
 * @throws when something is asked for that this provider cannot do.
 */
export function readConfig(args: Properties, env: NodeJS.ProcessEnv = process.env): ProviderConfig {
    const values = plain(args);
    const flag = (name: string, variable: string): boolean => isTrue(values[name] ?? env[variable]);
    const helm = helmVariables(structure(values.helmReleaseSettings), env);
    const refused = [
        ...["renderYamlToDirectory", "clusterIdentifier"].filter((name) => values[name]),
        ...(keptAs(helm.HELM_DRIVER ?? "") ? [] : [`helmReleaseSettings.driver "${helm.HELM_DRIVER}"`]),
    ];
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
        requestTimeoutMs: requestTimeout(structure(values.kubeClientSettings)),
        helm,
    };
}

/** A kubeconfig can be given as an object too. */
export function kubeconfigText(value: Value | undefined): string | undefined {
    return isObject(value) ? JSON.stringify(value) : text(value);
}

/** `kubeClientSettings.timeout` is in seconds. Its rates are not needed: the API server itself says when it is too much. */
function requestTimeout({ timeout }: Properties): number {
    const seconds = Number(timeout ?? 0);
    return seconds > 0 ? seconds * 1000 : 60_000;
}

/** The settings of `helmReleaseSettings`: the variable that stands for each in the provider's environment, and in helm's. */
const helmSettings = {
    driver: ["PULUMI_K8S_HELM_DRIVER", "HELM_DRIVER"],
    pluginsPath: ["PULUMI_K8S_HELM_PLUGINS_PATH", "HELM_PLUGINS"],
    registryConfigPath: ["PULUMI_K8S_HELM_REGISTRY_CONFIG_PATH", "HELM_REGISTRY_CONFIG"],
    repositoryConfigPath: ["PULUMI_K8S_HELM_REPOSITORY_CONFIG_PATH", "HELM_REPOSITORY_CONFIG"],
    repositoryCache: ["PULUMI_K8S_HELM_REPOSITORY_CACHE", "HELM_REPOSITORY_CACHE"],
} as const;

function helmVariables(settings: Properties, env: NodeJS.ProcessEnv): Record<string, string> {
    const set = Object.entries(helmSettings).flatMap(([name, [variable, helms]]) => {
        const value = text(settings[name]) ?? env[variable];
        return value ? [[helms, value] as const] : [];
    });
    return Object.fromEntries(set);
}

function structure(value: Value | undefined): Properties {
    const parsed = typeof value === "string" && value ? (JSON.parse(value) as Value) : value;
    return isObject(parsed) ? parsed : {};
}

function isTrue(value: Value | undefined): boolean {
    return value === true || value === "true";
}

function text(value: Value | undefined): string | undefined {
    return typeof value === "string" && value ? value : undefined;
}

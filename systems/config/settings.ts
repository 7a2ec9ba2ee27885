import type { SystemNeeds } from "../../cluster/context/needs";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import type { Routing } from "../../components/traffic/split/routing";
import type { ServiceStrategy } from "../../components/traffic/split/strategy";
import type { VersionName, Weights } from "../../components/traffic/split/weights";
import type { Whereabouts } from "../../cluster/whereabouts";

/** A service as the stack's config has it. */
export interface ServiceSettings {
    readonly name: string;
    /** Every version that gets a Deployment, in a fixed order. */
    readonly versions: readonly VersionName[];
    /** How its traffic is split; none where it is not. */
    readonly strategy?: ServiceStrategy | undefined;
    /** The version a rollback returns to. */
    readonly stable: VersionName;
    readonly weights: Weights;
    /** The version that may go to 100 at once, in a declared blue/green switch. */
    readonly blueGreen?: VersionName;
    /** The version that may get new code while it serves. */
    readonly inPlace?: VersionName;
    readonly canaryHeader?: CanaryHeader | undefined;
    /** Pods of each version. */
    readonly replicas: number;
    /** Pods of single Deployments, where the config counts them by themselves. */
    readonly counted: Readonly<Record<string, number>>;
    /** Pods of all versions together, for strategy `replicas`. Default 4, as in seed 003. */
    readonly total: number;
    /** Image references by version, where the config names one. */
    readonly images: Readonly<Record<VersionName, string>>;
    /** The registry of our own images, where they are not brought to the cluster from here. */
    readonly registry?: string;
    readonly routing: Routing;
}

/** One system of the stack. */
export interface SystemSettings {
    readonly name: string;
    readonly needs: SystemNeeds;
    /** The host name under which the gateway serves it. */
    readonly host: string;
    /** Percent of requests per version of a whole chain of services, where the config gives it. */
    readonly chainWeights?: Weights;
    /** The system's own settings, as its schema left them. */
    readonly options: unknown;
}

/** Prometheus, Grafana, Kiali and Jaeger beside the mesh. */
export interface AddonSettings {
    readonly enabled: boolean;
    /** What their hosts end in. */
    readonly domain: string;
    /** Image by addon, where the config names one. */
    readonly images: Readonly<Record<string, string | undefined>>;
}

/** The stack's config, checked and with every default filled in. */
export interface Settings extends Readonly<Whereabouts> {
    /** The systems to run, by name, in the order of the config. */
    readonly systems: Readonly<Record<string, SystemSettings>>;
    /** How far one step may go, in points of percent: for one version, and for all services of a system together. */
    readonly limits: { readonly maxRaise: number; readonly maxRaiseTogether: number };
    /** Whether the API server holds to the limits, too. */
    readonly guards: { readonly admission: boolean };
    /** The services of all these systems. */
    readonly services: Readonly<Record<string, ServiceSettings>>;
    /** Systems and services that are taken away on purpose. */
    readonly remove: readonly string[];
    readonly addons: AddonSettings;
}

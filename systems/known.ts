import type { SystemNeeds } from "../cluster/context/needs";
import type { z } from "zod";
import type { Problem } from "../components/traffic/split/problem";
import type { ServiceStrategy } from "../components/traffic/split/strategy";
import type { ServiceSettings, SystemSettings } from "./config/settings";
import type { RawSettings } from "./config/shape";

/** A service of a system, as far as the config must know it. */
export interface KnownService {
    readonly name: string;
    /** The versions there are; others by `images`. */
    readonly versions: readonly string[];
    /** Only the versions that weights, canary header or images name get pods: the others wait for their step. Default: all do. */
    readonly named?: boolean;
    /** The strategies that fit, the default first; none where the service's traffic is not split. */
    readonly strategies: readonly ServiceStrategy[];
    /** Whether `replicas` may be 0. */
    readonly mayBeEmpty?: boolean;
    /** Pods where the config does not say how many. Default 1. */
    readonly replicas?: number;
    /** Deployments whose pods the config may count by themselves, by the service's versions: `replicas.frontend-smoke`. */
    readonly deployments?: (versions: readonly string[]) => string[];
}

/** A system of the seed documents, as far as the config must know it. */
export interface KnownSystem {
    readonly name: string;
    /** What its stack must be allowed in a cluster of others. */
    readonly needs: SystemNeeds;
    /** The host name under which the gateway serves it, unless the config names another. */
    readonly host: string;
    /** Names before that host under which parts of it are served: `smoke` for `smoke.<host>`. */
    readonly partsAt?: readonly string[];
    readonly services: readonly KnownService[];
    /** Services that may move as one, by one weight at the edge: `weights.<chain>`. */
    readonly chain?: { readonly name: string; readonly services: readonly string[] };
    /** The config object with the system's own name, where it has one. */
    readonly options?: z.ZodType;
    /** What else can't be, of settings that are fit one by one. */
    readonly problems?: (raw: RawSettings, system: SystemSettings, services: readonly ServiceSettings[]) => Problem[];
}

/** The Deployments of a service that the config may count by themselves. */
export function deploymentsOf(known: KnownService, raw: RawSettings): string[] {
    const versions = [...known.versions, ...Object.keys(raw.images[known.name] ?? {})];
    return known.deployments?.([...new Set(versions)]) ?? [];
}

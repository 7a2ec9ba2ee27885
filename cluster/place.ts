import type { ProxyMetrics } from "../components/mesh/addons/queries";
import type { ChartSource } from "../components/mesh/Istio";
import type { DatabaseAccess } from "./embedded/database/access";

/** All that a program must know of where it runs. */
export interface Place {
    /** The kubeconfig's path. */
    readonly kubeconfig: string;
    /** The context in it: always named, never the current one by accident. */
    readonly context: string;
    readonly charts: { readonly base: ChartSource; readonly istiod: ChartSource; readonly gateway: ChartSource };
    /** Whether Istio is there already and another's: then none is installed, and `charts` is used for the gateway alone. */
    readonly adopted: boolean;
    /** The revision (or its tag) that namespaces ask for sidecars; the default one when left out. */
    readonly revision?: string | undefined;
    /** Values for istiod's chart that this place needs. */
    readonly istiodValues: Record<string, unknown>;
    /** Values for the gateway's chart that this place needs. */
    readonly gatewayValues: Record<string, unknown>;
    /** Where the gateway's TLS port answers on this machine, as `host:port`, where that is known beforehand. */
    readonly gatewayAddress?: string | undefined;
    /** The same without TLS. */
    readonly httpAddress?: string | undefined;
    /** A MySQL database beside the cluster, where there is one. */
    readonly database?: DatabaseAccess | undefined;
    /** The command that brings one, where there could be one and is none. */
    readonly databaseCommand?: string;
    readonly addons: AddonsPlace;
}

/** What the addons must know of it. */
export interface AddonsPlace {
    /** Image by addon; `observe` where upshift's own view stands in for Grafana, Kiali and Jaeger. */
    readonly images: {
        readonly prometheus: string;
        readonly grafana?: string;
        readonly kiali?: string;
        readonly jaeger?: string;
        readonly observe?: string;
    };
    /** What the mesh's proxies count. */
    readonly metrics: ProxyMetrics;
}

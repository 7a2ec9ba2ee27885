/** An addon, and how it is looked at. */
export interface AddonHost {
    readonly service: string;
    readonly port: number;
    /** Paths that only answer, but are asked by POST: a question may be longer than an address. */
    readonly asksByPost: readonly string[];
    /** Paths that nobody outside need see: what is begun there costs the addon much. */
    readonly hidden: readonly string[];
}

/** Where each addon is looked at: the name before the domain, its Service and the Service's port, as in seed 001. */
export const addonHosts: Readonly<Record<"grafana" | "kiali" | "prom" | "tracing", AddonHost>> = {
    grafana: { service: "grafana", port: 3000, asksByPost: ["/api/ds/query"], hidden: [] },
    // Its pages log in without a name, and ask for statistics of many metrics at once.
    kiali: { service: "kiali", port: 20001, asksByPost: ["/api/authenticate", "/api/stats/metrics"], hidden: [] },
    prom: { service: "prometheus", port: 9090, asksByPost: [], hidden: ["/debug/"] },
    tracing: { service: "tracing", port: 80, asksByPost: [], hidden: [] },
};

/** The host name of an addon: `192.168.1.99.nip.io` gives `kiali.192.168.1.99.nip.io`. */
export function hostOf(addon: string, domain: string): string {
    return `${addon}.${domain}`;
}

/**
 * The routes of an addon's host at the gateway, by which it can be read and nothing else: what is sent by another method, such as
 * spans for Jaeger, reaches no addon from outside.
 *
 * @param hidden paths that are not served either.
 */
export function addonRoutes({ service, port, asksByPost }: AddonHost, hidden: readonly string[]): object[] {
    const reads = ["GET", "HEAD"].map((exact) => ({ method: { exact } }));
    const asks = asksByPost.map((path) => ({ method: { exact: "POST" }, uri: { exact: path } }));
    return [
        ...(hidden.length > 0
            ? [
                  {
                      name: "hidden",
                      match: hidden.map((prefix) => ({ uri: { prefix } })),
                      directResponse: { status: 404 },
                  },
              ]
            : []),
        {
            name: "read",
            match: [...reads, ...asks],
            route: [{ destination: { host: service, port: { number: port } } }],
        },
    ];
}

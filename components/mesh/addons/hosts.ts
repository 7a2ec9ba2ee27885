/** Where each addon is looked at: the name before the domain, its Service and the Service's port, as in seed 001. */
export const addonHosts = {
    grafana: { service: "grafana", port: 3000 },
    kiali: { service: "kiali", port: 20001 },
    prom: { service: "prometheus", port: 9090 },
    tracing: { service: "tracing", port: 80 },
} as const;

/** The host name of an addon: `192.168.1.99.nip.io` gives `kiali.192.168.1.99.nip.io`. */
export function hostOf(addon: string, domain: string): string {
    return `${addon}.${domain}`;
}

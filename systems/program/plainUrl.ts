/** Where a system answers without TLS, by its own host name; one that takes every host name is called by the system's. */
export function plainUrl(system: string, host: string): string {
    return `http://${host === "*" ? `${system}.test` : host}`;
}

/** How the API server is reached. */
export interface MeshAccess {
    /** The kubeconfig's path. */
    kubeconfig: string;
    /** The context in it. */
    context: string;
    /** Seconds to wait for the proxies before the `up` fails. Default 60. */
    timeoutSeconds?: number;
}

import type { Pair } from "./certificates";

/** Who talks to which API server. */
export interface KubeconfigArgs {
    /** Name of the context, and of the cluster and user in it. */
    context: string;
    /** URL of the API server. */
    server: string;
    /** PEM of the authority that signed the server's certificate. */
    authority: string;
    client: Pair;
}

/** A kubeconfig that holds all it needs, as JSON, which is YAML too. */
export function kubeconfig(args: KubeconfigArgs): string {
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const config = {
        apiVersion: "v1",
        kind: "Config",
        clusters: [
            {
                name: args.context,
                cluster: { server: args.server, "certificate-authority-data": base64(args.authority) },
            },
        ],
        users: [
            {
                name: args.context,
                user: {
                    "client-certificate-data": base64(args.client.certificate),
                    "client-key-data": base64(args.client.key),
                },
            },
        ],
        contexts: [{ name: args.context, context: { cluster: args.context, user: args.context } }],
        "current-context": args.context,
    };
    return JSON.stringify(config, undefined, 2) + "\n";
}

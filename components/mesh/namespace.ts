import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/**
 * Makes a namespace whose pods get a sidecar and take mutual TLS alone.
 *
 * @returns its name; whoever uses it waits for the namespace.
 */
export function meshNamespace(name: string, opts: pulumi.ComponentResourceOptions): pulumi.Output<string> {
    const labels = { "istio-injection": "enabled", "pod-security.kubernetes.io/warn": "baseline" };
    const namespace = new k8s.core.v1.Namespace(name, { metadata: { name, labels } }, opts);
    new k8s.apiextensions.CustomResource(
        `${name}-mtls`,
        {
            apiVersion: "security.istio.io/v1",
            kind: "PeerAuthentication",
            metadata: { name: "strict", namespace: namespace.metadata.name },
            spec: { mtls: { mode: "STRICT" } },
        },
        opts,
    );
    return namespace.metadata.name;
}

import * as pulumi from "@pulumi/pulumi";

const usual = "istio-injection";

/**
 * Lets namespaces that ask for sidecars ask an Istio of another revision for them: one place for all components, which need
 * not know whose Istio it is.
 *
 * @param revision or its tag; nothing is changed for the default one.
 * @returns transformations for the components that make the namespaces.
 */
export function injectFrom(revision: string | undefined): pulumi.ResourceTransformation[] {
    if (!revision || revision === "default") return [];
    return [
        ({ type, props, opts }) => {
            if (type !== "kubernetes:core/v1:Namespace") return undefined;
            const metadata = pulumi.output(props.metadata as Metadata).apply((given) => relabelled(given, revision));
            return { props: { ...props, metadata }, opts };
        },
    ];
}

interface Metadata {
    labels?: Record<string, string>;
}

function relabelled(metadata: Metadata, revision: string): Metadata {
    const { [usual]: asks, ...labels } = metadata.labels ?? {};
    return asks === "enabled" ? { ...metadata, labels: { ...labels, "istio.io/rev": revision } } : metadata;
}

import { until, type TestCluster } from "./apiserver";

/** A kind that somebody else's controller defines. */
export interface TheirKind {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
    readonly plural: string;
}

/** Defines it without a schema: nothing here judges what is in its objects. */
export async function defineKind(
    request: TestCluster["request"],
    { group, version, kind, plural }: TheirKind,
): Promise<void> {
    const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
    await request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${plural}.${group}` },
        spec: {
            group,
            names: { kind, plural, singular: kind.toLowerCase() },
            scope: "Namespaced",
            versions: [{ name: version, served: true, storage: true, schema }],
        },
    });
    await until(`the server has ${plural}`, 20_000, () => request("GET", `/apis/${group}/${version}/${plural}`));
}

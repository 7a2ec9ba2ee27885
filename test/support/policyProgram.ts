/** A program that makes what a file lists, so that a test proposes by writing. */
export const objectsProgram = `
import * as k8s from "@pulumi/kubernetes";
import * as random from "@pulumi/random";
import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";

const provider = new k8s.Provider("cluster", { kubeconfig: process.env.TEST_KUBECONFIG, context: "test" });
const made: Record<string, pulumi.Resource> = {};
for (const { name, after = [], aliases = [], importAs, ...object } of JSON.parse(fs.readFileSync("objects.json", "utf8"))) {
    made[name] = new k8s.apiextensions.CustomResource(name, drawn(object), {
        provider,
        dependsOn: after.flatMap((other: string) => made[other] ?? []),
        aliases: aliases.map((alias: string) => ({ name: alias })),
        import: importAs,
    });
}

/** The text "drawn N" stands for a number N that is known only when it is drawn. */
function drawn(value: unknown): any {
    if (typeof value === "string" && value.startsWith("drawn ")) {
        const number = Number(value.slice(6));
        return new random.RandomInteger(value, { min: number, max: number }).result;
    }
    if (Array.isArray(value)) return value.map(drawn);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, drawn(one)]));
}
`;

/** Istio's kinds for traffic, as far as an API server needs to know them. */
export function istioDefinition(kind: string) {
    return kindDefinition(kind, "networking.istio.io");
}

/** A kind of which an API server takes anything. */
export function kindDefinition(kind: string, group: string) {
    const plural = `${kind.toLowerCase()}s`;
    return {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${plural}.${group}` },
        spec: {
            group,
            names: { kind, plural, listKind: `${kind}List`, singular: kind.toLowerCase() },
            scope: "Namespaced",
            versions: [
                {
                    name: "v1",
                    served: true,
                    storage: true,
                    schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
                },
            ],
        },
    };
}

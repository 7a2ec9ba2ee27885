import { z } from "zod";
import { text } from "./typed";

/** Where the cluster is; `auto`: where this checkout's cluster is. */
export const targets = ["auto", "k3d", "minikube", "context", "embedded"] as const;
export type TargetName = (typeof targets)[number];

const name = text(z.string().min(1));

/** The keys of a stack's config that say which cluster, and how it is used: all that depends on where a stack runs. */
export const whereabouts = z.strictObject({
    target: z.enum(targets).default("auto"),
    allowedTargets: z
        .array(z.enum(targets).exclude(["auto"]))
        .min(1)
        .default(["k3d", "minikube", "context", "embedded"]),
    cluster: z
        .string()
        .regex(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/)
        .default("upshift"),
    context: name.optional(),
    kubeconfig: name.optional(),
    istio: z
        .strictObject({ revision: name.optional(), repository: name.optional(), version: name.optional() })
        .default({}),
    gateway: z
        .strictObject({
            service: z.enum(["LoadBalancer", "NodePort"]).optional(),
            address: name.optional(),
            httpAddress: name.optional(),
        })
        .default({}),
    registry: name.optional(),
});

export type Whereabouts = z.infer<typeof whereabouts>;

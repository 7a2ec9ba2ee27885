import { z } from "zod";
import { targetNames, targets } from "./targetNames";
import { text } from "./typed";

const name = text(z.string().min(1));

/** The keys of a stack's config that say which cluster, and how it is used: all that depends on where a stack runs. */
export const whereabouts = z.strictObject({
    target: z.enum(targets).default("auto"),
    allowedTargets: z
        .array(z.enum(targetNames))
        .min(1)
        .default([...targetNames]),
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

import { z } from "zod";

/** Where the cluster is: see design.md, "Where it runs". */
export const targets = ["embedded", "k3d", "minikube", "context"] as const;
export type TargetName = (typeof targets)[number];

const wholeNumber = z.number().int();
const percent = wholeNumber.min(1).max(100);
const name = z.string().min(1);

/** The shape of the stack's config, key by key. What several keys must say together is checked in `read.ts`. */
export const schema = z.strictObject({
    target: z.enum(targets).default("embedded"),
    cluster: z
        .string()
        .regex(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/)
        .default("upshift"),
    context: name.optional(),
    gatewayHost: z
        .string()
        .regex(/^[a-z0-9.-]+$/)
        .default("minikube.me"),
    weights: z.record(name, z.record(name, z.unknown())).default({}),
    canaryHeader: z
        .strictObject({
            name: z.string().default(""),
            exact: z.string().optional(),
            prefix: z.string().optional(),
            regex: z.string().optional(),
            to: z.string().default(""),
        })
        .optional(),
    stable: z.record(name, name).default({}),
    limits: z
        .strictObject({
            maxRaise: percent.default(50),
            maxRaiseTogether: percent.default(100),
        })
        .prefault({}),
    blueGreen: z.record(name, name).default({}),
    replicas: z.record(name, wholeNumber.min(1).max(100)).default({}),
    images: z.record(name, z.record(name, name)).default({}),
});

export type RawSettings = z.infer<typeof schema>;

/** Every key of the stack's config, without namespace. */
export const keys = Object.keys(schema.shape);

/** Keys whose values are maps, and so arrive as JSON. */
export const mapKeys: readonly string[] = [
    "weights",
    "canaryHeader",
    "stable",
    "limits",
    "blueGreen",
    "replicas",
    "images",
];

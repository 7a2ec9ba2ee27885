import { z } from "zod";
import { declaredRelease } from "../../rollout/release/settings";
import { text } from "../../cluster/typed";
import { whereabouts } from "../../cluster/whereabouts";

const wholeNumber = z.number().int();
const percent = wholeNumber.min(1).max(100);
const key = z.string().min(1);
const name = text(z.string().min(1));
const host = z.string().regex(/^(\*|[a-z0-9.-]+)$/);
const matched = z.strictObject({
    exact: text().optional(),
    prefix: text().optional(),
    regex: text().optional(),
});

/** `routing.<service>`: what a service's routes do beside splitting. See `components/traffic/split/routing.ts`. */
const routing = z.strictObject({
    timeout: text().optional(),
    retryAttempts: wholeNumber.min(0).max(10).optional(),
    fault: z
        .strictObject({
            delay: text().optional(),
            delayPercent: z.number().optional(),
            abortStatus: wholeNumber.min(200).max(599).optional(),
            abortPercent: z.number().optional(),
        })
        .optional(),
    mirror: z.strictObject({ to: name, percent: z.number().optional() }).optional(),
    affinity: z
        .strictObject({
            cookie: text().default(""),
            maxAgeSeconds: z.number().optional(),
            secure: z.boolean().optional(),
        })
        .optional(),
    canaryMatch: z
        .strictObject({
            any: z.array(
                z.strictObject({
                    headers: z.record(z.string(), matched).optional(),
                    cookies: z.record(z.string(), matched).optional(),
                    path: matched.optional(),
                    method: matched.optional(),
                    sourceLabels: z.record(z.string(), text()).optional(),
                }),
            ),
            to: name,
        })
        .optional(),
    warmupSeconds: wholeNumber.min(1).max(3600).optional(),
    ejectAfter: wholeNumber.min(1).max(1000).optional(),
    tcp: z.boolean().optional(),
    stickyBySource: z.boolean().optional(),
});

/** The shape of the stack's config, key by key, without the systems' own settings. What several keys must say together is checked in `read.ts`. */
export const shape = z.strictObject({
    ...whereabouts.shape,
    system: z.array(name).min(1).default(["shop"]),
    hosts: z.record(key, host).default({}),
    weights: z.record(key, z.record(key, z.unknown())).default({}),
    canaryHeader: z
        .strictObject({
            name: text().default(""),
            ...matched.shape,
            to: text().default(""),
        })
        .optional(),
    stable: z.record(key, name).default({}),
    limits: z.strictObject({ maxRaise: percent.default(50), maxRaiseTogether: percent.default(100) }).prefault({}),
    blueGreen: z.record(key, name).default({}),
    // New code under users, for the one update that brings it: `inPlace.<service>: <version>`.
    inPlace: z.record(key, name).default({}),
    // Systems and services that are taken away on purpose, with the users that they have.
    remove: z.array(name).default([]),
    // Read by the policy pack alone; they are here so that a program takes a stack that has them.
    approvedBy: name.optional(),
    author: name.optional(),
    guards: z.strictObject({ admission: z.boolean().default(false) }).prefault({}),
    strategy: z.record(key, z.string()).default({}),
    replicas: z.record(key, wholeNumber.min(0).max(100)).default({}),
    total: z.record(key, wholeNumber.min(1).max(100)).default({}),
    images: z.record(key, z.record(key, name)).default({}),
    routing: z.record(key, routing).default({}),
    release: z.record(key, declaredRelease).default({}),
    // Read by `upshift release` alone; what is in it may be a secret, and is no part of any message here.
    notify: z.unknown().optional(),
    addons: z
        .strictObject({
            enabled: z.boolean().default(false),
            domain: z
                .string()
                .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
                .default("localhost"),
            images: z
                .strictObject({
                    prometheus: name.optional(),
                    grafana: name.optional(),
                    kiali: name.optional(),
                    jaeger: name.optional(),
                })
                .default({}),
        })
        .prefault({}),
});

export type RawSettings = z.infer<typeof shape>;

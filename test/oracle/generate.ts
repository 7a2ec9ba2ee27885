import * as fc from "fast-check";
import { deployment, destinationRule, gateway, service, virtualService } from "./build";
import type { DestinationRuleSpec, ServicePort, VirtualServiceSpec } from "./istio";
import type { Manifest, World } from "./manifest";
import { defined, delegating, rarely, rule } from "./rules";
import { alone, namesIn, words, type Setting } from "./vocabulary";

/**
 * Random worlds, as a cluster would take them: one or two Services with one to three versions, their DestinationRules,
 * one to three VirtualServices for hosts in the mesh and at two gateways, sometimes with a delegate.
 */
export function worlds(setting: Setting = alone): fc.Arbitrary<World> {
    return fc
        .record({
            services: fc.tuple(...words.services.map((word) => serviceOf(setting, word))),
            rules: fc.tuple(...words.services.map((word) => subsetsFor(setting, word))),
            virtualServices: fc.array(virtualServiceSpec(setting), { minLength: 1, maxLength: 3 }),
            ages: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
            delegate: fc.array(rule(setting), { minLength: 1, maxLength: 2 }),
        })
        .map(({ services, rules, virtualServices, ages, delegate }) => [
            ...gatewaysOf(setting),
            ...(setting.pool ?? []),
            ...services.flat(),
            ...rules.flat(),
            ...virtualServices.map((spec, index) =>
                virtualService(idOf(setting, `routes-${index}`), spec, age(ages[index] ?? 0)),
            ),
            virtualService(idOf(setting, "delegate"), { http: delegate }, age(ages[3] ?? 0)),
        ]);
}

function age(minutes: number): string {
    return new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();
}

function idOf(setting: Setting, word: string): string {
    return `${setting.namespace}/${namesIn(setting).service(word)}`;
}

/** Where a setting has gateways of its own, the world has them from there. */
function gatewaysOf(setting: Setting): Manifest[] {
    if (setting.gateways) return [];
    const { edge, inner } = namesIn(setting);
    // The Service of the gateways' pods is elsewhere. By its port callers' proxies look at HTTP for names that are no Service's.
    const atEdge = service("istio-ingress/gateway", { name: "http2" }, { selector: { istio: "edge" } });
    return [gateway(edge), gateway(inner, ["*"], { selector: { istio: "inner" } }), atEdge];
}

const port: fc.Arbitrary<Partial<ServicePort>> = fc.oneof(
    { weight: 8, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.constantFrom<Partial<ServicePort>[]>({ name: "web" }, { name: "http-web" }) },
    { weight: 1, arbitrary: fc.constant<Partial<ServicePort>>({ name: "tcp-web" }) },
);

/** A Service and its versions' Deployments; from the pool where there is one. */
function serviceOf(setting: Setting, word: string): fc.Arbitrary<Manifest[]> {
    const id = idOf(setting, word);
    if (setting.pool) return port.map((own) => [service(id, own, { selector: { app: "pool" } })]);
    const versions = fc.constantFrom(["v1"], ["v1", "v2"], ["v1", "v2"], ["v1", "v2", "v3"]);
    const pods = fc.record({
        replicas: fc.integer({ min: 1, max: 4 }),
        missing: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 1, 4),
        image: fc.constantFrom("image:1", "image:2", "image:3"),
    });
    return fc.tuple(port, versions, fc.array(pods, { minLength: 3, maxLength: 3 })).map(([own, names, drawn]) => [
        service(id, own),
        ...names.flatMap((version, index) => {
            const { replicas = 1, missing = 0, image } = drawn[index] ?? {};
            return [deployment(id, version, { replicas, ready: Math.max(0, replicas - missing), image })];
        }),
    ]);
}

/** One DestinationRule with the three versions, or with fewer, or with their labels mixed up. */
function subsetsFor(setting: Setting, word: string): fc.Arbitrary<Manifest[]> {
    const id = idOf(setting, word);
    const host = namesIn(setting).service(word);
    const straight = { v1: { version: "v1" }, v2: { version: "v2" }, v3: { version: "v3" } };
    const subsets = fc.oneof(
        { weight: 6, arbitrary: fc.constant<Record<string, Record<string, string>>>(straight) },
        {
            weight: 2,
            arbitrary: fc.constantFrom<Record<string, Record<string, string>>[]>(
                { v1: straight.v1, v2: straight.v2 },
                { v1: straight.v1, v2: {} },
                { v1: straight.v1, v2: straight.v2, v3: { version: "v9" } },
                { v1: straight.v2, v2: straight.v1 },
            ),
        },
    );
    const more = fc
        .record({ exportTo: rarely(10, exportTo) })
        .map((spec): Partial<DestinationRuleSpec> => defined(spec));
    return fc.tuple(subsets, more).map(([own, spec]) => [destinationRule(id, host, own, spec)]);
}

/** Who may see a rule. */
export const exportTo = fc.constantFrom<string[][]>(["."], ["*"], ["other"]);

/** Where a VirtualService applies: hosts of the mesh where it is bound to the mesh, public ones where to a gateway. */
export function place(setting: Setting): fc.Arbitrary<Pick<VirtualServiceSpec, "hosts" | "gateways">> {
    const { service: name, publicHost, anyPublicHost, edge, inner } = namesIn(setting);
    const { namespace } = setting;
    return fc.oneof<fc.MaybeWeightedArbitrary<Pick<VirtualServiceSpec, "hosts" | "gateways">>[]>(
        { weight: 5, arbitrary: fc.constantFrom("a", "a", "b").map((word) => ({ hosts: [name(word)] })) },
        {
            weight: 3,
            arbitrary: fc
                .tuple(
                    fc.constantFrom<string[][]>([publicHost("a")], [publicHost("a"), publicHost("b")], [anyPublicHost]),
                    fc.constantFrom<string[][]>([edge], [edge, inner], [inner]),
                )
                .map(([hosts, gateways]) => ({ hosts, gateways })),
        },
        {
            weight: 2,
            arbitrary: fc.constantFrom<Pick<VirtualServiceSpec, "hosts" | "gateways">[]>(
                { hosts: [name("a"), publicHost("a")], gateways: [edge, "mesh"] },
                { hosts: [`${name("a")}.${namespace}.svc.cluster.local`], gateways: ["mesh"] },
                { hosts: [`${name("a")}.${namespace}`] },
                { hosts: [publicHost("b")], gateways: ["mesh"] },
            ),
        },
    );
}

export function virtualServiceSpec(setting: Setting): fc.Arbitrary<VirtualServiceSpec> {
    const one = fc.oneof({ weight: 8, arbitrary: rule(setting) }, { weight: 1, arbitrary: delegating(setting) });
    return fc
        .record({
            place: place(setting),
            exportTo: rarely(10, exportTo),
            http: fc.array(one, { minLength: 1, maxLength: 4 }),
        })
        .map(({ place: own, ...spec }) => ({ ...own, ...defined(spec) }));
}

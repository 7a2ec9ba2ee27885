import * as pulumi from "@pulumi/pulumi";
import { Workshop } from "./Workshop";
import type { ServiceSettings, Settings } from "../config/read";
import { workshop as known } from "./system";
import { byService } from "../program/byService";
import { versionsOf } from "../program/images";
import { plainUrl } from "../program/plainUrl";
import { stepOf } from "../program/step";
import type { Surroundings, SystemOutputs } from "../program/surroundings";

/** The workshop of seed 002: web-frontend and customers, at a gateway without TLS. */
export function workshop(settings: Settings, { opts, ingress }: Surroundings): SystemOutputs {
    const { host = known.host } = settings.systems.workshop ?? {};
    const customers = serviceOf(settings, "customers");
    const made = new Workshop(
        "workshop",
        {
            host,
            edge: ingress.namespace,
            frontend: versionsOf(serviceOf(settings, "web-frontend")),
            customers: versionsOf(customers),
            // Both subsets are there from the beginning, as in the document: before v2 has pods.
            subsets: [...new Set([...knownVersions("customers"), ...customers.versions])],
            weights: customers.weights,
            canaryHeader: customers.canaryHeader,
            routing: customers.routing,
            step: stepOf(settings, customers),
        },
        opts,
    );
    return {
        url: plainUrl("workshop", host),
        routesIn: made.namespace,
        namespaces: [made.namespace],
        weights: byService("customers", made.weights),
        canaryHeaders: byService("customers", made.canaryHeader),
    };
}

function serviceOf(settings: Settings, name: string): ServiceSettings {
    const service = settings.services[name];
    if (!service) throw new pulumi.RunError(`The settings have no service ${name}.`);
    return service;
}

function knownVersions(name: string): readonly string[] {
    return known.services.find((service) => service.name === name)?.versions ?? [];
}

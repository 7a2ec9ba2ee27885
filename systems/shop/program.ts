import { Gateway } from "../../components";
import { Shop } from "./Shop";
import type { Settings } from "../config/read";
import { shop as known } from "./system";
import { versionsOf } from "../program/images";
import { stepOf } from "../program/step";
import type { Surroundings, SystemOutputs } from "../program/surroundings";

/** The shop of seed 000, at a gateway with TLS that checks tokens. */
export function shop(settings: Settings, { opts, ingress }: Surroundings): SystemOutputs {
    const { host = known.host, chainWeights } = settings.systems.shop ?? {};
    const url = `https://${host}`;
    const gateway = new Gateway("hands-on-gw", { namespace: ingress.namespace, hosts: [host] }, opts);
    const made = new Shop(
        "hands-on",
        {
            host,
            gateway: gateway.reference,
            gatewayNamespace: ingress.namespace,
            services: servicesOf(settings),
            chainWeights,
        },
        opts,
    );
    const { clientId, clientSecret, userName, userPassword } = made.credentials;
    return {
        url,
        certificate: gateway.certificate,
        weights: made.weights,
        canaryHeaders: made.canaryHeaders,
        routesIn: made.namespace,
        namespaces: [made.namespace],
        details: {
            client: { id: clientId, secret: clientSecret },
            user: { name: userName, password: userPassword },
        },
    };
}

function servicesOf(settings: Settings) {
    return Object.fromEntries(
        known.services.flatMap(({ name }) => {
            const service = settings.services[name];
            if (!service) return [];
            const { weights, canaryHeader, routing } = service;
            return [
                [
                    name,
                    { versions: versionsOf(service), weights, canaryHeader, routing, step: stepOf(settings, service) },
                ],
            ];
        }),
    );
}

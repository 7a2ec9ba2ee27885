import { Gateway } from "../../components";
import { Tiers } from "./Tiers";
import type { Settings } from "../config/read";
import { tiersPlan } from "./system";
import { demoImage } from "../program/images";
import { stepOf } from "../program/step";
import type { Surroundings, SystemOutputs } from "../program/surroundings";

/** The two tiers of seed 004, at a gateway without TLS; the smoke stage at a host of its own. */
export function tiers(settings: Settings, { opts, ingress }: Surroundings): SystemOutputs {
    const system = settings.systems.tiers;
    const { frontend, backend } = settings.services;
    if (!system || !frontend || !backend) throw new Error("The settings have no tiers.");
    const { host } = system;
    const smokeHost = `smoke.${host}`;
    const gateway = new Gateway(
        "tiers-gateway",
        { namespace: ingress.namespace, hosts: [host, smokeHost], tls: false },
        opts,
    );
    const plan = tiersPlan(system, Object.values(settings.services));
    const pairs = plan.pairs.map((pair) => {
        const backendVersion = pair.compatibleBackend?.version ?? pair.version;
        return {
            ...pair,
            frontendImage: frontend.images[pair.version] ?? demoImage(pair.version),
            backendImage: backend.images[backendVersion] ?? demoImage(backendVersion),
        };
    });
    const made = new Tiers(
        "tiers",
        { ...plan, pairs, host, smokeHost, gateway: gateway.reference, step: stepOf(settings, frontend) },
        opts,
    );
    return {
        url: `http://${host}`,
        weights: made.weights,
        canaryHeaders: made.canaryHeaders,
        details: { smokeUrl: `http://${smokeHost}` },
    };
}

import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import { bodiesAt, textsAt } from "./read/object";

const name = "gateway-hosts";

/** The policy's config. */
interface Config {
    readonly allowEveryHost: boolean;
}

/** What is served to the outside is named: a route for `*` answers for every host that anybody points here. */
export const gatewayHosts: ResourceValidationPolicy = {
    name,
    description: "Gateways, and VirtualServices at them, name their hosts: none is `*`.",
    severity: "medium",
    configSchema: {
        properties: {
            allowEveryHost: {
                type: "boolean",
                default: false,
                description: "For a laptop, where hosts have no names.",
            },
        },
    },
    validateResource: eachObject<Config>(name, ["Gateway", "VirtualService"], (object, report, { config }) => {
        if (config.allowEveryHost) return;
        const served = bodiesAt(object.body, "spec", "servers").flatMap((server) => textsAt(server, "hosts"));
        const hosts = object.kind === "Gateway" ? served : textsAt(object.body, "spec", "hosts");
        // A Gateway may say `namespace/host`.
        if (hosts.some((host) => host.split("/").at(-1) === "*"))
            report(`${object.kind} ${object.name} is for every host, *; name the hosts`);
    }),
};

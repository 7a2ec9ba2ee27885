import { z } from "zod";

const addresses = z.looseObject({ serviceAddresses: z.record(z.string(), z.string().nullable()) });

/**
 * Reads which version of each service took part, from an answer's header `X-Served-By: web-frontend=v1, customers=v2`,
 * and from the pods' names in an answer of the shop's product-composite: `review-v2-7c9f8-x2x4z/10.244.0.9:8080` was
 * version v2 of review.
 *
 * @throws when the answer says neither.
 */
export function versionsIn(servedBy: string | undefined, body: string): [service: string, version: string][] {
    const served = (servedBy ?? "").split(",").flatMap((one): [string, string][] => {
        const [service, version] = one.trim().split("=");
        return service && version ? [[service, version]] : [];
    });
    const pods = podsIn(body);
    if (served.length + pods.length === 0) throw new Error("It is not said who served it.");
    return [...new Map([...served, ...pods])];
}

function podsIn(body: string): [service: string, version: string][] {
    if (!body.startsWith("{")) return [];
    const { data } = addresses.safeParse(JSON.parse(body));
    return Object.values(data?.serviceAddresses ?? {}).flatMap((address) => {
        const [, service, version] = /^(.+)-([a-z0-9]+)-[a-z0-9]+-[a-z0-9]{5}\//.exec(address ?? "") ?? [];
        return service && version ? [[service, version]] : [];
    });
}

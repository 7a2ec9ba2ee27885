import { z } from "zod";

const addresses = z.looseObject({ serviceAddresses: z.record(z.string(), z.string().nullable()) });

/**
 * Reads which version of each service took part, from the pods' names in an answer of product-composite:
 * `review-v2-7c9f8-x2x4z/10.244.0.9:8080` was version v2 of review.
 *
 * @throws when the answer is not one of product-composite's.
 */
export function versionsIn(body: string): [service: string, version: string][] {
    const { serviceAddresses } = addresses.parse(JSON.parse(body));
    return Object.values(serviceAddresses).flatMap((address) => {
        const [, service, version] = /^(.+)-([a-z0-9]+)-[a-z0-9]+-[a-z0-9]{5}\//.exec(address ?? "") ?? [];
        return service && version ? [[service, version]] : [];
    });
}

import { z } from "zod";
import {
    addresses,
    composite,
    expectSame,
    expectStatus,
    parsed,
    problem,
    type Addresses,
    type Answer,
    type Composite,
    type Shop,
    type Check,
} from "./shop";

/**
 * Creates a product, reads it, deletes it.
 *
 * Each pod keeps what it is told to itself, and which pod answers is the mesh's to choose. So a read counts for those
 * parts that come from the very pods that keep them, and reading goes on until all three parts have been seen.
 */
export function createReadDelete(productId: number, maxReads: number): Check[] {
    let keepers: Addresses | undefined;
    return [
        {
            name: "a product that is created can be read from the pods that keep it",
            run: async (shop) => {
                keepers = await create(shop, productId);
                await readBack(shop, productId, keepers, maxReads);
            },
        },
        {
            name: "a product that is deleted is gone from the pods that kept it",
            run: async (shop) => {
                if (!keepers) throw new Error("There was nothing to delete: it could not be created");
                await remove(shop, productId, keepers, maxReads);
            },
        },
    ];
}

const three = [1, 2, 3];

function sample(productId: number): Omit<Composite, "serviceAddresses"> {
    return {
        productId,
        name: `product ${productId}`,
        weight: 300,
        recommendations: three.map((n) => ({
            recommendationId: n,
            author: `author ${n}`,
            rate: n,
            content: `content ${n}`,
        })),
        reviews: three.map((n) => ({
            reviewId: n,
            author: `author ${n}`,
            subject: `subject ${n}`,
            content: `content ${n}`,
        })),
    };
}

async function create(shop: Shop, productId: number): Promise<Addresses> {
    const answer = await shop.ask("POST", "/product-composite", { body: sample(productId) });
    return parsed(expectStatus(answer, 200), composite).serviceAddresses;
}

async function readBack(shop: Shop, productId: number, keepers: Addresses, maxReads: number): Promise<void> {
    const wanted = sample(productId);
    const parts = [
        { pod: "pro", of: (product: typeof wanted) => [product.name, product.weight] },
        { pod: "rec", of: (product: typeof wanted) => product.recommendations },
        { pod: "rev", of: (product: typeof wanted) => product.reviews },
    ] as const;
    const unseen = new Set(parts);
    for (let reads = 0; unseen.size > 0; reads++) {
        const missing = [...unseen].map(({ pod }) => keepers[pod]).join(", ");
        if (reads === maxReads) throw new Error(`${missing} gave no answer in ${maxReads} reads`);
        const answer = await shop.ask("GET", `/product-composite/${productId}`);
        if (isElsewhere(answer, keepers)) continue;
        const product = parsed(expectStatus(answer, 200), composite);
        for (const part of unseen) {
            if (product.serviceAddresses[part.pod] !== keepers[part.pod]) continue;
            expectSame(`What ${keepers[part.pod]} kept`, part.of(product), part.of(wanted));
            unseen.delete(part);
        }
    }
}

/** The product is not there, says a pod that never was told of it. */
function isElsewhere(answer: Answer, keepers: Addresses): boolean {
    return answer.status === 404 && parsed(answer, problem).serviceAddress !== keepers.pro;
}

async function remove(shop: Shop, productId: number, keepers: Addresses, maxReads: number): Promise<void> {
    const path = `/product-composite/${productId}`;
    const keeping = new Set([keepers.pro, keepers.rec, keepers.rev]);
    for (let tries = 0; keeping.size > 0; tries++) {
        if (tries === maxReads)
            throw new Error(`${[...keeping].join(", ")} never were asked in ${maxReads} requests to delete`);
        const answer = expectStatus(await shop.ask("DELETE", path), 200);
        const { pro, rec, rev } = parsed(answer, z.object({ serviceAddresses: addresses })).serviceAddresses;
        for (const pod of [pro, rec, rev]) keeping.delete(pod);
    }
    expectStatus(await shop.ask("GET", path), 404);
}

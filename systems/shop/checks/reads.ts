import { expectSame, type Check } from "./shop";

/** What every pod knows from its start: see `services/README.md`. */
const complete = 1;
const withoutRecommendations = 113;
const withoutReviews = 213;

/** `product-v1-7c9f-x2b4/10.244.0.17:8080`, of IPv6 too. */
const podAddress = /^[^/\s]+\/(\[[0-9a-f:]+\]|[0-9.]+):\d+$/;

/** Products that are there. */
export const reads: readonly Check[] = [
    reading("a product comes with three recommendations and three reviews", complete, 3, 3),
    reading("a product without recommendations comes with its reviews", withoutRecommendations, 0, 3),
    reading("a product without reviews comes with its recommendations", withoutReviews, 3, 0),
    {
        name: "an answer names the pod of each service",
        run: async (shop) => {
            const { serviceAddresses } = await shop.product(complete);
            const wrong = Object.entries(serviceAddresses).filter(([, address]) => !podAddress.test(address));
            expectSame("addresses that are not hostname/ip:port", wrong, []);
        },
    },
];

function reading(name: string, id: number, recommendations: number, reviews: number): Check {
    return {
        name,
        run: async (shop) => {
            const product = await shop.product(id);
            const seen = [product.productId, product.recommendations.length, product.reviews.length];
            expectSame("[productId, recommendations, reviews]", seen, [id, recommendations, reviews]);
        },
    };
}

import { expectSame, expectStatus, parsed, problem, type Check } from "./shop";

/** Products that can't be had, each with its status and message. */
export const badRequests: readonly Check[] = [
    refusal("a product that is not there is a 404", "13", 404, "No product found for productId: 13"),
    refusal("a negative id is a 422", "-1", 422, "Invalid productId: -1"),
    refusal("an id that is not a number is a 400", "invalidProductId", 400, "Type mismatch."),
];

function refusal(name: string, id: string, status: number, message: string): Check {
    return {
        name,
        run: async (shop) => {
            const path = `/product-composite/${id}`;
            const told = parsed(expectStatus(await shop.ask("GET", path), status), problem);
            expectSame("[status, path, message]", [told.status, told.path, told.message], [status, path, message]);
        },
    };
}

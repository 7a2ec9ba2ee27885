import { expectStatus, type Check } from "./shop";

/** Who may not call. */
export const tokens: readonly Check[] = [
    {
        name: "a request without a token is refused",
        // The mesh says 403 where the request claims nothing; an application that checks tokens itself says 401.
        run: async (shop) =>
            void expectStatus(await shop.ask("GET", "/product-composite/1", { token: null }), 401, 403),
    },
    {
        name: "a request with a wrong token is a 401",
        run: async (shop) =>
            void expectStatus(await shop.ask("GET", "/product-composite/1", { token: "not.a.token" }), 401),
    },
];

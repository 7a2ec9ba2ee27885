import { z } from "zod";
import { expectStatus, parsed } from "./shop";
import type { Check } from "./test-em-all";

/** Who may not call. */
export const tokens: readonly Check[] = [
    {
        name: "a request without a token is refused",
        // The mesh says 403 where the request claims nothing; an application that checks tokens itself says 401.
        run: async (shop) => void expectStatus(await shop.ask("GET", "/product-composite/1", { token: null }), 401, 403),
    },
    {
        name: "a request with a wrong token is a 401",
        run: async (shop) => void expectStatus(await shop.ask("GET", "/product-composite/1", { token: "not.a.token" }), 401),
    },
];

/** The API's description, for people and for programs. */
export const documentation: readonly Check[] = [
    {
        name: "there is a page that describes the API",
        run: async (shop) => {
            const page = expectStatus(await shop.ask("GET", "/openapi/swagger-ui.html"), 200);
            if (!/<html/i.test(page.text)) throw new Error(`${page.request} is not an HTML page: ${page.text.slice(0, 200)}`);
        },
    },
    {
        name: "there is an OpenAPI description of it",
        run: async (shop) => {
            const description = z.object({ openapi: z.string(), paths: z.object({ "/product-composite/{productId}": z.object({ get: z.object({}) }) }) });
            parsed(expectStatus(await shop.ask("GET", "/openapi/v3/api-docs"), 200), description);
        },
    },
];

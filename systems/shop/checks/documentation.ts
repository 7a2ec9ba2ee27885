import { z } from "zod";
import { expectStatus, parsed, type Check } from "./shop";

/** The API's description, for people and for programs. */
export const documentation: readonly Check[] = [
    {
        name: "there is a page that describes the API",
        run: async (shop) => {
            const page = expectStatus(await shop.ask("GET", "/openapi/swagger-ui.html"), 200);
            if (!/<html/i.test(page.text))
                throw new Error(`${page.request} is not an HTML page: ${page.text.slice(0, 200)}`);
        },
    },
    {
        name: "there is an OpenAPI description of it",
        run: async (shop) => {
            const description = z.object({
                openapi: z.string(),
                paths: z.object({ "/product-composite/{productId}": z.object({ get: z.object({}) }) }),
            });
            parsed(expectStatus(await shop.ask("GET", "/openapi/v3/api-docs"), 200), description);
        },
    },
];

import { z } from "zod";

/** As much of `fetch` as the checks use. */
export type FetchLike = (
    url: URL,
    init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<{ status: number; text(): Promise<string> }>;

/** The pods that took part in an answer: composite, product, review, recommendation. */
export const addresses = z.object({ cmp: z.string(), pro: z.string(), rev: z.string(), rec: z.string() });
export type Addresses = z.infer<typeof addresses>;

/** A product with its recommendations and reviews. */
export const composite = z.object({
    productId: z.number(),
    name: z.string(),
    weight: z.number(),
    recommendations: z.array(
        z.object({ recommendationId: z.number(), author: z.string(), rate: z.number(), content: z.string() }),
    ),
    reviews: z.array(z.object({ reviewId: z.number(), author: z.string(), subject: z.string(), content: z.string() })),
    serviceAddresses: addresses,
});
export type Composite = z.infer<typeof composite>;

/** How the shop says what went wrong, and which pod it was. */
export const problem = z.object({
    status: z.number(),
    path: z.string(),
    message: z.string(),
    serviceAddress: z.string().optional(),
});

/** One answer, with the request it belongs to, for messages. */
export interface Answer {
    readonly request: string;
    readonly status: number;
    readonly text: string;
}

/** A check throws what it saw instead of what it names. */
export interface Check {
    readonly name: string;
    readonly run: (shop: Shop) => Promise<void>;
}

/** The shop as a caller sees it. */
export class Shop {
    constructor(
        private readonly base: URL,
        private readonly token: string,
        private readonly fetch: FetchLike,
    ) {}

    /** Sends one request, with the shop's token unless told another; null for none. */
    async ask(
        method: string,
        path: string,
        { body, token = this.token }: { body?: unknown; token?: string | null } = {},
    ): Promise<Answer> {
        const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
        if (body !== undefined) headers["content-type"] = "application/json";
        const response = await this.fetch(new URL(path, this.base), {
            method,
            headers,
            ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        return { request: `${method} ${path}`, status: response.status, text: await response.text() };
    }

    /** A product; throws unless the answer is a 200 of the right shape. */
    async product(id: number): Promise<Composite> {
        return parsed(expectStatus(await this.ask("GET", `/product-composite/${id}`), 200), composite);
    }
}

/** The answer itself, when its status is one of those wanted. */
export function expectStatus(answer: Answer, ...wanted: number[]): Answer {
    if (wanted.includes(answer.status)) return answer;
    throw new Error(
        `${answer.request} answered ${answer.status}, not ${wanted.join(" or ")}: ${answer.text.slice(0, 200).trim()}`,
    );
}

/** The answer's JSON, when it has the shape wanted. */
export function parsed<T>(answer: Answer, shape: z.ZodType<T>): T {
    const result = shape.safeParse(jsonOf(answer));
    if (result.success) return result.data;
    throw new Error(`${answer.request}: ${z.prettifyError(result.error)}`);
}

/** Throws unless the two are the same in JSON. */
export function expectSame(what: string, actual: unknown, wanted: unknown): void {
    const [is, should] = [JSON.stringify(actual), JSON.stringify(wanted)];
    if (is !== should) throw new Error(`${what} is ${is}, not ${should}`);
}

function jsonOf({ request, text }: Answer): unknown {
    try {
        return JSON.parse(text);
    } catch {
        throw new Error(`${request} answered what is not JSON: ${text.slice(0, 200)}`);
    }
}

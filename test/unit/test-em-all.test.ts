import * as assert from "node:assert/strict";
import * as crypto from "node:crypto";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { testEmAll, type CheckResult } from "../../systems/shop/checks/test-em-all";
import { forward, roundRobin, withToken } from "../support/gateway";
import { buildShop, startService } from "../support/shop";

const issuer = "https://shop.test";
const login = { username: "magnus", password: "a password" };
const secret = "a secret";

describe("testEmAll", () => {
    const toStop: (() => Promise<void>)[] = [];
    let folder: string;
    let v1: string;
    let v2: string;
    let auth: URL;

    before(async function () {
        this.timeout(180_000); // a first build
        folder = await fs.mkdtemp(path.join(os.tmpdir(), "shop-"));
        [v1, v2] = [buildShop(folder, "v1"), buildShop(folder, "v2")];
        auth = await start(v1, "auth-server", {
            CLIENT_SECRET: secret,
            USER_PASSWORD: login.password,
            ISSUER: issuer,
            SIGNING_KEY_FILE: await signingKey(folder),
        });
    });

    after(async () => {
        await Promise.all(toStop.map((stop) => stop()));
        await fs.rm(folder, { recursive: true });
    });

    it("passes on the shop", async () => {
        const base = await guarded(await shop());
        assert.deepEqual(failed(await testEmAll(base, await token(), fetch)), []);
    });

    it("passes when two versions share the traffic, each pod with a memory of its own", async () => {
        const review = await balanced(await start(v1, "review"), await start(v2, "review", { POD_NAME: "review-v2" }));
        const product = await balanced(
            await start(v1, "product"),
            await start(v2, "product", { POD_NAME: "product-v2" }),
        );
        const base = await guarded(await shop({ REVIEW_URL: review.href, PRODUCT_URL: product.href }));
        assert.deepEqual(failed(await testEmAll(base, await token(), fetch)), []);
    });

    it("leaves nothing of what it created", async () => {
        const base = await shop();
        await testEmAll(base, "", fetch, { productId: 4711 });
        assert.equal((await fetch(new URL("/product-composite/4711", base))).status, 404);
    });

    it("names the checks that a shop without a guard fails, with what was seen", async () => {
        const results = failed(await testEmAll(await shop(), await token(), fetch));
        assert.deepEqual(
            results.map(({ name }) => name),
            ["a request without a token is refused", "a request with a wrong token is a 401"],
        );
        assert.match(results[0]?.detail ?? "", /GET \/product-composite\/1 answered 200, not 401 or 403/);
    });

    it("finds a service that fails", async () => {
        const review = await start(v2, "review", { FAIL_RATE: "100", POD_NAME: "review-v2" });
        const base = await guarded(await shop({ REVIEW_URL: review.href }));
        const results = failed(await testEmAll(base, await token(), fetch));
        assert.match(
            detailOf(results, "a product comes with three recommendations and three reviews"),
            /answered 502.*review answered 500/,
        );
        assert.match(
            detailOf(results, "a product that is deleted is gone from the pods that kept it"),
            /could not be created/,
        );
    });

    it("says why when nothing answers", async () => {
        const results = await testEmAll(new URL("http://127.0.0.1:1"), "", fetch);
        assert.ok(results.every(({ ok }) => !ok));
        assert.match(results[0]?.detail ?? "", /fetch failed: .+/);
    });

    /** A composite and the core services it needs, but for those whose address is given. */
    async function shop(urls: Record<string, string> = {}): Promise<URL> {
        const core = async (name: string): Promise<string> => (await start(v1, name)).href;
        return start(v1, "product-composite", {
            PRODUCT_URL: urls["PRODUCT_URL"] ?? (await core("product")),
            RECOMMENDATION_URL: urls["RECOMMENDATION_URL"] ?? (await core("recommendation")),
            REVIEW_URL: urls["REVIEW_URL"] ?? (await core("review")),
        });
    }

    async function start(binary: string, name: string, env?: Record<string, string>): Promise<URL> {
        const { url, stop } = await startService(binary, name, env);
        toStop.push(stop);
        return url;
    }

    async function balanced(...pods: URL[]): Promise<URL> {
        const { url, stop } = await forward(roundRobin(...pods));
        toStop.push(stop);
        return url;
    }

    /** The shop behind a gateway that checks tokens with the keys that the auth server publishes. */
    async function guarded(shop: URL): Promise<URL> {
        const { keys } = (await (await fetch(new URL("/.well-known/jwks.json", auth))).json()) as {
            keys: crypto.JsonWebKey[];
        };
        const { url, stop } = await forward(withToken(shop, keys, issuer));
        toStop.push(stop);
        return url;
    }

    async function token(): Promise<string> {
        const authorization = `Basic ${Buffer.from(`writer:${secret}`).toString("base64")}`;
        const body = new URLSearchParams({ grant_type: "password", ...login });
        const response = await fetch(new URL("/oauth/token", auth), {
            method: "POST",
            headers: { authorization },
            body,
        });
        assert.equal(response.status, 200);
        return ((await response.json()) as { access_token: string }).access_token;
    }
});

async function signingKey(folder: string): Promise<string> {
    const { privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
    const file = path.join(folder, "key.pem");
    await fs.writeFile(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    return file;
}

function failed(results: readonly CheckResult[]): CheckResult[] {
    return results.filter(({ ok }) => !ok);
}

function detailOf(results: readonly CheckResult[], name: string): string {
    return results.find((result) => result.name === name)?.detail ?? "";
}

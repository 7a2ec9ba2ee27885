import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { type GitHub, postComment } from "../../rollout/ci/github";

const marker = "<!-- upshift:shop/dev -->";
const body = `${marker}\nreview: 1 in 5`;

interface FakeComment {
    id: number;
    body: string;
    mayEdit: boolean;
}
/** What the fake answers instead of doing what it is asked. */
type Trouble = (
    request: http.IncomingMessage,
) =>
    | { status: number; headers?: Record<string, string>; message?: string; doItAnyway?: boolean }
    | "hang up"
    | undefined;

/** GitHub's comments on pull request 7, thirty to a page whatever is asked: real servers limit pages too. */
describe("a comment on a pull request", () => {
    let comments: FakeComment[];
    let trouble: Trouble[];
    let asked: string[];
    let waits: number[];
    let github: GitHub;
    const pageSize = 30;

    const server = http.createServer((request, response) => {
        void (async () => {
            let text = "";
            for await (const chunk of request) text += String(chunk);
            asked.push(`${request.method} ${request.url}`);
            const now = trouble.shift()?.(request);
            if (now === "hang up") return void request.socket.destroy();
            const say = (status: number, json: unknown, headers: Record<string, string> = {}) =>
                response
                    .writeHead(status, { "content-type": "application/json", ...headers })
                    .end(JSON.stringify(json));
            if (now && !now.doItAnyway) return void say(now.status, { message: now.message ?? "no" }, now.headers);
            if (request.headers.authorization !== "Bearer token") return void say(401, { message: "Bad credentials" });
            const url = new URL(request.url ?? "", github.api);
            const shown = ({ id, body }: FakeComment) => ({ id, body, html_url: `${github.api}/c/${id}` });
            if (request.method === "POST") {
                const made = {
                    id: comments.length + 1,
                    body: (JSON.parse(text) as { body: string }).body,
                    mayEdit: true,
                };
                comments.push(made);
                if (now) say(now.status, { message: "lost" });
                else say(201, shown(made));
                return;
            }
            if (request.method === "PATCH") {
                const found = comments.find(({ id }) => url.pathname.endsWith(`/${id}`));
                if (!found?.mayEdit) return void say(403, { message: "Resource not accessible" });
                found.body = (JSON.parse(text) as { body: string }).body;
                return void say(200, shown(found));
            }
            const page = Number(url.searchParams.get("page") ?? 1);
            const rest = comments.length > page * pageSize;
            url.searchParams.set("page", String(page + 1));
            say(
                200,
                comments.slice((page - 1) * pageSize, page * pageSize).map(shown),
                rest ? { link: `<${url.href}>; rel="next", <${url.href}>; rel="last"` } : {},
            );
        })();
    });
    const others = (count: number): FakeComment[] =>
        Array.from({ length: count }, (_, index) => ({ id: index + 1, body: `comment ${index}`, mayEdit: true }));
    const post = () => postComment(github, 7, marker, body);

    before(async () => {
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
    });
    beforeEach(() => {
        [comments, trouble, asked, waits] = [[], [], [], []];
        const wait = (milliseconds: number) => Promise.resolve(waits.push(milliseconds));
        github = {
            api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
            token: "token",
            repository: "me/shop",
            wait,
        };
    });
    after(() => {
        server.close();
        server.closeAllConnections();
    });

    it("is made where there is none", async () => {
        comments = others(2);
        assert.equal((await post()).action, "created");
        assert.equal(comments[2]?.body, body);
    });
    it("is edited in place, also on a later page, and left alone when nothing changed", async () => {
        comments = [...others(75), { id: 76, body: `${marker}\nold`, mayEdit: true }, ...others(0)];
        assert.equal((await post()).action, "edited");
        assert.equal(comments[75]?.body, body);
        assert.equal((await post()).action, "unchanged");
        assert.equal(comments.length, 76);
    });
    it("is not taken for that of another stack, nor for one that quotes the marker", async () => {
        comments = [
            { id: 1, body: "<!-- upshift:shop/prod -->\n", mayEdit: true },
            { id: 2, body: `> ${marker}`, mayEdit: true },
        ];
        assert.equal((await post()).action, "created");
    });
    it("is made anew where the one with the marker is somebody else's", async () => {
        comments = [{ id: 1, body: `${marker}\nforged`, mayEdit: false }];
        assert.equal((await post()).action, "created");
        assert.equal(comments[0]?.body, `${marker}\nforged`);
    });
    it("waits as long as GitHub says at a rate limit", async () => {
        trouble = [
            () => ({ status: 429, headers: { "retry-after": "7" } }),
            () => ({
                status: 403,
                headers: {
                    "x-ratelimit-remaining": "0",
                    "x-ratelimit-reset": String(Math.ceil(Date.now() / 1000) + 30),
                },
            }),
        ];
        assert.equal((await post()).action, "created");
        assert.equal(waits[0], 7000);
        assert.ok((waits[1] ?? 0) > 25_000 && (waits[1] ?? 0) <= 31_000, String(waits));
    });
    it("gives up at once where a rate limit lasts too long", async () => {
        trouble = [() => ({ status: 429, headers: { "retry-after": "3600" }, message: "API rate limit exceeded" })];
        await assert.rejects(post(), /after 1 try: GET .* answered 429: API rate limit exceeded/);
        assert.deepEqual(waits, []);
    });
    it("is tried again when the server fails or hangs up, and not made twice when only the answer was lost", async () => {
        trouble = [
            () => ({ status: 502 }),
            () => "hang up",
            () => undefined,
            () => ({ status: 502, doItAnyway: true }),
        ];
        assert.equal((await post()).action, "unchanged");
        assert.equal(comments.length, 1);
        assert.deepEqual(waits, [1000, 2000, 4000]);
    });
    it("is given up after five tries, with what the server said", async () => {
        trouble = Array.from({ length: 5 }, () => () => ({ status: 503, message: "unicorn" }));
        await assert.rejects(post(), /after 5 tries: GET .* answered 503: unicorn[^]*fix: run the job again/);
        assert.equal(asked.length, 5);
    });
    it("names the permission that is missing, and tries that once", async () => {
        trouble = [() => undefined, () => ({ status: 403, message: "Resource not accessible by integration" })];
        await assert.rejects(post(), /not accessible by integration[^]*pull-requests: write/);
        github = { ...github, token: "other" };
        await assert.rejects(post(), /401: Bad credentials[^]*GITHUB_TOKEN/);
        assert.deepEqual(waits, []);
    });
    it("asks no other server for the next page", async () => {
        const steal = { link: `<http://elsewhere.example/x>; rel="next"` };
        trouble = [() => ({ status: 200, headers: steal })];
        await assert.rejects(post(), /expected array/);
        assert.equal(asked.length, 1);
    });
});

import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ReleaseEvent } from "../../rollout/release/hands";
import { Notifier } from "../../rollout/release/notify/notifier";
import { channelsOf } from "../../rollout/release/notify/telling";

interface Made {
    readonly id: number;
    readonly asked: Record<string, unknown>;
    readonly statuses: Record<string, unknown>[];
}

const begins: ReleaseEvent = {
    ...{ kind: "begins", service: "review", to: "v2", stable: "v1", steps: ["10", "100"] },
};
const applied: ReleaseEvent = { kind: "applied", step: "10", seconds: 4, weights: { v1: 90, v2: 10 } };
const ends = (outcome: "done" | "rolledBack" | "aborted" | "held"): ReleaseEvent => ({
    ...{ kind: "ends", outcome, words: "w".repeat(300) },
});

/** GitHub's deployments, as far as its documentation says how they answer. */
describe("a release as a deployment on GitHub", () => {
    let made: Made[];
    /** What is answered instead of what is asked, in turn; 0 is no trouble. With `isDone` it was done all the same. */
    let trouble: { status: number; isDone?: boolean; message?: string }[];
    let warnings: string[];
    let env: Record<string, string>;

    const server = http.createServer((request, response) => {
        void text(request).then((body) => {
            const { pathname, searchParams } = new URL(request.url ?? "", "http://github");
            const next = trouble.shift();
            const now = next?.status === 0 ? undefined : next;
            const say = (status: number, json: unknown): void => {
                response.writeHead(status).end(JSON.stringify(json));
            };
            if (now && !now.isDone) {
                say(now.status, { message: now.message ?? "no" });
                return;
            }
            const answer = answerTo(request, pathname, searchParams, body);
            if (now) say(now.status, { message: "lost" });
            else say(answer === undefined ? 404 : 200, answer ?? {});
        });
    });
    const answerTo = (
        { method, headers }: http.IncomingMessage,
        pathname: string,
        asked: URLSearchParams,
        body: string,
    ): unknown => {
        assert.equal(headers.authorization, "Bearer token");
        const [, id, ofStatuses] = /^\/repos\/me\/shop\/deployments(?:\/(\d+)(\/statuses))?$/.exec(pathname) ?? [];
        const found = made.find((one) => String(one.id) === id);
        if (found && ofStatuses) {
            if (method === "GET") return found.statuses.toReversed().slice(0, Number(asked.get("per_page")));
            found.statuses.push(JSON.parse(body) as Record<string, unknown>);
            return {};
        }
        if (method === "GET")
            return made
                .filter(({ asked: of }) => of.task === asked.get("task") && of.environment === asked.get("environment"))
                .toReversed()
                .slice(0, Number(asked.get("per_page")));
        const one = { id: made.length + 1, asked: JSON.parse(body) as Record<string, unknown>, statuses: [] };
        made.push(one);
        return one;
    };
    before(async () => {
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
    });
    after(() => server.close().closeAllConnections());
    beforeEach(() => {
        [made, trouble, warnings] = [[], [], []];
        const { port } = server.address() as AddressInfo;
        env = {
            ...{ GITHUB_TOKEN: "token", GITHUB_REPOSITORY: "me/shop", GITHUB_SHA: "abc" },
            ...{
                GITHUB_API_URL: `http://127.0.0.1:${port}`,
                GITHUB_SERVER_URL: "https://github.com",
                GITHUB_RUN_ID: "7",
            },
        };
    });
    /** A process of its own. */
    const tell = async (...events: ReleaseEvent[]): Promise<void> => {
        const warn = (line: string): void => void warnings.push(line);
        const settings = { github: { environment: "prod" } };
        const channels = channelsOf(settings, { stack: "prod", services: ["review"] }, env, warn);
        const notifier = new Notifier(channels, warn);
        events.forEach(notifier.tell);
        await notifier.close();
    };
    const states = ({ statuses }: Made): unknown[] => statuses.map(({ state }) => state);

    it("is made once, goes on with its steps, and ends as the release does", async () => {
        await tell(begins, applied, ends("done"));
        const [only, ...others] = made;
        assert.ok(only && others.length === 0);
        const { description, ...asked } = only.asked;
        assert.deepEqual(asked, {
            ...{ ref: "abc", task: "upshift:review", environment: "prod", auto_merge: false, required_contexts: [] },
            payload: { services: ["review"], to: "v2" },
        });
        assert.match(String(description), /^review: v1 → v2 by 10, 100$/);
        assert.deepEqual(states(only), ["in_progress", "in_progress", "success"]);
        for (const status of only.statuses) {
            assert.ok(String(status.description).length <= 140);
            assert.equal(status.log_url, "https://github.com/me/shop/actions/runs/7");
            assert.equal(status.auto_inactive, false);
        }
        assert.deepEqual(warnings, []);
    });
    it("has failed where the version came back, or a step went wrong; is inactive where somebody aborted it", async () => {
        const words = "refused";
        for (const [event, state] of [
            [ends("rolledBack"), "failure"],
            [{ kind: "breaks", words }, "failure"],
            [ends("aborted"), "inactive"],
            [ends("held"), "in_progress"],
        ] as [ReleaseEvent, string][]) {
            made = [];
            await tell(begins, event);
            assert.deepEqual(made.map(states), [["in_progress", state]]);
        }
    });
    it("is gone on with by a driver that is started anew, and ended by an abort by hand; the next is another", async () => {
        await tell(begins, applied);
        await tell(begins);
        await tell({ kind: "byHand", verb: "abort", words: "All users are on v1." });
        assert.deepEqual(made.map(states), [["in_progress", "in_progress", "in_progress", "inactive"]]);
        await tell(begins);
        assert.equal(made.length, 2);
    });
    it("is ended for every release whose services are rolled back at once", async () => {
        await tell(begins);
        const warn = (line: string): void => void warnings.push(line);
        const services = ["review", "cart"];
        const groups = services.map((service) => [service]);
        const channels = channelsOf(
            { github: { environment: "prod" } },
            { stack: "prod", services },
            env,
            warn,
            groups,
        );
        const notifier = new Notifier(channels, warn);
        notifier.tell({ kind: "byHand", verb: "rollback", words: "All users are on v1." });
        await notifier.close();
        assert.deepEqual(made.map(states), [["in_progress", "inactive"]]);
        assert.deepEqual(warnings, []);
    });
    it("is not begun by what is done by hand", async () => {
        await tell({ kind: "byHand", verb: "abort", words: "All users are on v1." });
        await tell({ kind: "byHand", verb: "restore", words: "as it was" });
        assert.deepEqual([made, warnings], [[], []]);
    });
    it("is not made twice where only the answer was lost", async () => {
        // The look for one that is under way is answered; that it was made is not.
        trouble = [{ status: 0 }, { status: 502, isDone: true }];
        await tell(begins);
        assert.deepEqual(made.map(states), [["in_progress"]]);
        assert.deepEqual(warnings, []);
    });
    it("says which permission the job lacks, once, and no more", async () => {
        trouble = [{ status: 403, message: "Resource not accessible by integration" }];
        await tell(begins);
        assert.equal(warnings.length, 1);
        assert.match(
            warnings[0] ?? "",
            /notify\.github could not be told .*not accessible by integration[^]*deployments: write/,
        );
        assert.ok(!warnings.join().includes("Bearer"));
    });
    it("needs a workflow: elsewhere nothing is said of it, and in one without a token how it gets one", async () => {
        const { GITHUB_TOKEN: _, ...without } = env;
        env = without;
        await tell(begins);
        assert.match(warnings.join(), /GITHUB_TOKEN is not: no deployment is written\.\n {2}fix: .*github\.token/);
        warnings = [];
        env = {};
        await tell(begins);
        assert.deepEqual([made, warnings], [[], []]);
    });
});

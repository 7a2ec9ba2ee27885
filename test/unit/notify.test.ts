import * as assert from "node:assert/strict";
import type { ReleaseEvent } from "../../rollout/release/hands";
import { type About, type Message, messageOf } from "../../rollout/release/notify/message";
import { type Channel, Notifier } from "../../rollout/release/notify/notifier";
import { notifyIn, urlOf } from "../../rollout/release/notify/settings";
import { Webhook } from "../../rollout/release/notify/webhook";
import { type Hook, secretWord, startHook } from "../support/webhook";

const about: About = {
    ...{ project: "shop", stack: "prod", services: ["review"], who: "ann@desk", where: " --stack prod" },
};
const begins: ReleaseEvent = {
    ...{ kind: "begins", service: "review", to: "v2", stable: "v1", steps: ["10", "100"] },
};
const gate = (verdict: string, seconds: number): ReleaseEvent => ({
    ...{ kind: "gate", step: "10", verdict, reason: `${seconds} requests`, isEnforced: true, seconds },
    ...{ position: 1, steps: 2, traffic: [], left: {} },
});
const waits: ReleaseEvent = { kind: "waits", step: "pause-2", why: "until somebody lets it go on" };
const applied: ReleaseEvent = { kind: "applied", step: "10", seconds: 4, weights: { v1: 90, v2: 10 } };

describe("a webhook that is told of a release", () => {
    let hook: Hook;
    let warnings: string[];
    let notifier: Notifier;
    const open = (url = hook.url): Notifier =>
        new Notifier([new Webhook(urlOf(url), about)], (line) => void warnings.push(line));
    const texts = (): string[] => hook.got.map((one) => (one as Message).text);

    beforeEach(async () => {
        [hook, warnings] = [await startHook(), []];
        notifier = open();
    });
    afterEach(async () => {
        await notifier.close();
        hook.close();
    });
    const tell = async (...events: ReleaseEvent[]): Promise<void> => {
        events.forEach(notifier.tell);
        await notifier.close();
    };

    it("gets what happens in its order, in Slack's form, and as an event for programs", async () => {
        await tell(begins, applied, { kind: "ends", outcome: "done", words: "All users of review are on v2." });
        assert.deepEqual(texts(), [
            ":arrow_forward: review: v1 → v2 by 10, 100\nto give everybody back: npx upshift abort review --stack prod (shop/prod, ann@desk)".replaceAll(
                ">",
                "&gt;",
            ),
            ":arrow_up: review: 10: every caller's proxy has it after 4.0 s: v1 90 %, v2 10 % (shop/prod, ann@desk)",
            ":checkered_flag: review: Done. All users of review are on v2. (shop/prod, ann@desk)",
        ]);
        const { event, blocks } = hook.got[1] as Message;
        const { at, ...rest } = event;
        const { where, ...whose } = about;
        assert.deepEqual(rest, { ...applied, ...whose });
        assert.ok(Math.abs(at - Date.now() / 1000) < 60);
        assert.equal(blocks.length, 2);
        assert.deepEqual(warnings, []);
    });
    it("gets a gate's bad word and what is waited for once, and no word that all is well so far", async () => {
        await tell(gate("inconclusive", 10), gate("hold", 20), gate("hold", 30), gate("pass", 40), waits, waits);
        assert.equal(hook.got.length, 2);
        assert.match(texts()[0] ?? "", /hold after 20 s/);
    });
    it("is told of what somebody does by hand, and of a step that went wrong", async () => {
        await tell(
            { kind: "byHand", verb: "abort", words: "All users of review are on v1." },
            { kind: "breaks", words: "review: v2 25 → 90 is a raise of 65 points" },
        );
        assert.match(texts()[0] ?? "", /review: abort: All users of review are on v1/);
        assert.match(texts()[1] ?? "", /ended by an error: .*raise of 65 points/);
    });
    it("is told of the way back once, of however many services, and of a check only where no gate speaks for it", async () => {
        const back = (service: string): ReleaseEvent => ({ kind: "goesBack", service, to: "v1", why: "smoke: 503" });
        const check = (step: string, verdict: string): ReleaseEvent => ({
            ...{ kind: "check", step, check: "smoke", verdict, evidence: "503", isEnforced: true },
        });
        await tell(check("header", "pass"), check("header", "hold"), check("header", "hold"), check("10", "fail"));
        assert.deepEqual(texts().length, 1);
        assert.match(texts()[0] ?? "", /header: smoke hold: 503/);
        notifier = open();
        await tell(back("review"), back("product"));
        assert.equal(texts().length, 2);
    });
    it("is told of what was done to a whole stack without any service's name", () => {
        const words = "All users of review are on v1.";
        const { text } = messageOf({ kind: "byHand", verb: "rollback", words }, { ...about, services: [] }, 0);
        assert.match(text, /^:hand: rollback: All users of review/);
    });
    it("takes no mention and no link from what a gate says", () => {
        const reason = "<!channel> & <https://evil.example|click>";
        const { text, blocks, event } = messageOf({ ...gate("fail", 1), reason } as ReleaseEvent, about, 0);
        for (const said of [text, JSON.stringify(blocks)]) assert.doesNotMatch(said, /<|>/);
        assert.equal((event as { reason?: string }).reason, reason);
    });
    it("is told again once where the server fails, and not where it refuses or leads elsewhere", async () => {
        hook.answers.push(503, 200);
        await tell(begins);
        assert.equal(hook.got.length, 2);
        for (const status of [403, 302]) {
            [hook.got.length, warnings] = [0, []];
            hook.answers.push(status);
            notifier = open();
            await tell(begins);
            assert.equal(hook.got.length, 1);
            assert.match(warnings.join(), new RegExp(`notify.webhook could not be told .*: it answered ${status}`));
        }
    });
    it("is said to be out of reach once, by no name of its own, and the rest is tried all the same", async () => {
        hook.answers.push(0, 0, 500, 500);
        await tell(begins, applied, gate("fail", 10));
        assert.equal(warnings.length, 1);
        assert.match(warnings[0] ?? "", /could not be told of "begins": it can't be reached \(\w+\)/);
        assert.equal(hook.got.length, 5);
        const { port } = new URL(hook.url);
        for (const secret of [secretWord, port, "127.0.0.1"]) assert.ok(!warnings.join().includes(secret));
    });
    it("that never answers holds nobody up: telling is at once, and the end waits for 5 s at most", async () => {
        hook.answers.push(-1, -1, -1);
        const began = Date.now();
        notifier.tell(begins);
        notifier.tell(applied);
        assert.ok(Date.now() - began < 100);
        await notifier.close();
        assert.ok(Date.now() - began < 8_000, `${Date.now() - began} ms`);
        assert.equal(warnings.length, 1);
    });
    it("whose channel throws anything at all fails nothing", async () => {
        const broken: Channel = {
            name: "notify.x",
            tell: () => Promise.reject(new Error("gone.")),
            close: () => Promise.resolve(),
        };
        const other = new Notifier([broken, new Webhook(urlOf(hook.url), about)], (line) => void warnings.push(line));
        other.tell(begins);
        await other.close();
        assert.deepEqual(warnings, ['note: notify.x could not be told of "begins": gone. That is said once.']);
        assert.equal(hook.got.length, 1);
    });
});

describe("who is told, as the config says it", () => {
    const refused = (value: unknown): string => {
        try {
            notifyIn(JSON.stringify(value), "shop");
        } catch (error) {
            return (error as Error).message;
        }
        return assert.fail("taken");
    };
    it("is a webhook, an environment of GitHub, or nobody", () => {
        const webhook = "https://hooks.example/services/x";
        assert.deepEqual(notifyIn(JSON.stringify({ webhook, github: { environment: "prod" } }), "shop"), {
            webhook,
            github: { environment: "prod" },
        });
        assert.deepEqual(notifyIn("{}", "shop"), {});
        for (const here of ["http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]:9/x"])
            assert.equal(notifyIn(JSON.stringify({ webhook: here }), "shop").webhook, here);
    });
    it("is no address that others could listen to, and none of it stands in the message", () => {
        const wrong = [
            `http://hooks.example/${secretWord}`,
            `ftp://hooks.example/${secretWord}`,
            `hooks.example/${secretWord}`,
            `http://localhost.evil.example/${secretWord}`,
            [secretWord],
            { url: secretWord },
        ];
        for (const webhook of wrong) {
            const said = refused({ webhook });
            assert.match(said, /^notify\.webhook: The webhook .*\n {2}fix: pulumi config set --secret --path notify\./);
            assert.ok(!said.includes(secretWord) && !said.includes("hooks.example"), said);
        }
        assert.ok(!refused(secretWord).includes(secretWord));
    });
    it("has no other keys", () => {
        assert.match(refused({ webhok: "x" }), /shop:notify\.webhok: unknown key/);
        assert.match(refused({ github: {} }), /shop:notify\.github\.environment/);
    });
});

import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { projectRoot } from "../../cluster/paths";

const script = path.join(projectRoot(), "action", "approvedRun.mjs");
const repository = "me/shop";
const commit = "c".repeat(40);
const head = "a".repeat(40);
const repo = (full_name: string) => ({ full_name });

/** A pull request of Ada's that was merged as the commit. */
const pull = (change: object = {}) => ({
    number: 7,
    html_url: "https://github.example/me/shop/pull/7",
    merged_at: "2026-11-25T12:00:00Z",
    merge_commit_sha: commit,
    user: { login: "ada" },
    base: { repo: repo(repository) },
    head: { sha: head, repo: repo(repository) },
    ...change,
});
/** A run of preview that counts. */
const run = (id: number, change: object = {}) => ({
    id,
    event: "pull_request",
    status: "completed",
    conclusion: "success",
    path: ".github/workflows/preview.yml",
    head_sha: head,
    repository: repo(repository),
    head_repository: repo(repository),
    ...change,
});
const plan = (stack: string, expired = false) => ({ name: `plan-${stack}`, expired });
const review = (login: string, state: string, commit_id = head) => ({
    user: { login, type: "User" },
    author_association: "NONE",
    state,
    commit_id,
});
/** An approval by somebody else than a person who is not known to the repository. */
const approval = (login: string, author_association: string, type = "User") => ({
    ...review(login, "APPROVED"),
    author_association,
    user: { login, type },
});

/** The script as the workflow runs it, and GitHub as it answers, two to a page. */
describe("the run whose plans were approved", () => {
    let pulls: object[];
    let runs: object[];
    let artifacts: Record<number, object[]>;
    let reviews: object[];
    /** What each may do in the repository, or the status with which GitHub refuses to say. */
    let permissions: Record<string, string | number>;
    let broken: number | undefined;

    const server = http.createServer((request, response) => {
        const url = new URL(request.url ?? "", "http://github.example");
        const say = (status: number, json: unknown, headers: Record<string, string> = {}) =>
            response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(json));
        if (broken) return void say(broken, { message: "unicorn" });
        if (request.headers.authorization !== "Bearer token") return void say(401, { message: "Bad credentials" });
        const login = /\/collaborators\/([^/]+)\/permission$/.exec(url.pathname)?.[1];
        if (login !== undefined) {
            const permission = permissions[login] ?? 404;
            if (typeof permission === "number") say(permission, { message: "no" });
            else say(200, { permission });
            return;
        }
        const found = answerTo(url);
        if (!found) return void say(404, { message: `no ${url.pathname}` });
        const page = Number(url.searchParams.get("page") ?? 1);
        const part = found.list.slice(page * 2 - 2, page * 2);
        url.searchParams.set("page", String(page + 1));
        const next = `<${addressOf()}${url.pathname}${url.search}>; rel="next"`;
        say(200, found.key ? { [found.key]: part } : part, found.list.length > page * 2 ? { link: next } : {});
    });
    const answerTo = ({ pathname, searchParams }: URL): { list: object[]; key?: string } | undefined => {
        const base = `/repos/${repository}`;
        if (pathname === `${base}/commits/${commit}/pulls`) return { list: pulls };
        if (pathname === `${base}/pulls/7/reviews`) return { list: reviews };
        const isRuns = pathname === `${base}/actions/workflows/preview.yml/runs`;
        if (isRuns && searchParams.get("head_sha") === head) return { list: runs, key: "workflow_runs" };
        const id = /\/actions\/runs\/(\d+)\/artifacts$/.exec(pathname)?.[1];
        return id ? { list: artifacts[Number(id)] ?? [], key: "artifacts" } : undefined;
    };
    const addressOf = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const find = async (stacks = '["dev"]', token = "token") => {
        const env = { ...process.env, GITHUB_REPOSITORY: repository, GITHUB_API_URL: addressOf(), GH_TOKEN: token };
        const child = spawn(process.execPath, [script, commit, stacks], { env });
        const [stdout, stderr, [code]] = await Promise.all([
            text(child.stdout),
            text(child.stderr),
            once(child, "close") as Promise<[number]>,
        ]);
        return { stdout, stderr, code };
    };
    const refused = async (why: RegExp, stacks?: string): Promise<void> => {
        const { stdout, stderr, code } = await find(stacks);
        assert.equal(code, 1, stdout);
        assert.equal(stdout, "");
        assert.match(stderr, why);
        assert.match(stderr, /\n {2}fix: /);
    };

    before(async () => {
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
    });
    beforeEach(() => {
        pulls = [pull()];
        runs = [run(1)];
        artifacts = { 1: [plan("dev")] };
        reviews = [];
        permissions = { ada: "admin", bob: "write", eve: "write", grace: "write" };
        broken = undefined;
    });
    after(() => {
        server.close();
        server.closeAllConnections();
    });

    it("is the newest one that planned all stacks, on whichever page", async () => {
        pulls = [pull({ merge_commit_sha: head, number: 5 }), pull({ merged_at: null, number: 6 }), pull()];
        runs = [run(3), run(2), run(1)];
        artifacts = { 3: [plan("dev")], 2: [plan("dev"), { name: "logs", expired: false }, plan("prod")] };
        assert.deepEqual(await find('["dev","prod"]'), {
            stdout: "run=2\nauthor=ada\napprovers=[]\n",
            stderr: "",
            code: 0,
        });
    });

    it("comes with who has approved the last commit, and has not taken that back", async () => {
        reviews = [
            review("ada", "APPROVED"),
            review("bob", "APPROVED", "b".repeat(40)),
            review("eve", "APPROVED"),
            review("grace", "CHANGES_REQUESTED"),
            review("grace", "APPROVED"),
            review("grace", "COMMENTED"),
            review("eve", "DISMISSED"),
        ];
        assert.match((await find()).stdout, /^author=ada\napprovers=\["grace"\]$/m);
    });

    it("comes with those approvers alone who may write to the repository", async () => {
        permissions = {
            owner: "admin",
            lead: "maintain",
            grace: "write",
            reader: "read",
            stranger: "none",
            bot: "write",
        };
        const people = ["owner", "lead", "grace", "reader", "stranger", "nobody"].map((login) =>
            approval(login, "NONE"),
        );
        reviews = [...people, approval("bot", "MEMBER", "Bot"), { ...approval("x", "OWNER"), user: null }];
        assert.match((await find()).stdout, /^approvers=\["owner","lead","grace"\]$/m);
    });

    it("comes with those whom GitHub calls the repository's own where it does not say who may write, and is red where it says nothing", async () => {
        permissions = { owner: 403, member: 403, helper: 403, past: 403, stranger: 403, bot: 403, gone: 404 };
        reviews = [
            ...[approval("owner", "OWNER"), approval("member", "MEMBER"), approval("helper", "COLLABORATOR")],
            ...[approval("past", "CONTRIBUTOR"), approval("stranger", "NONE"), approval("bot", "OWNER", "Bot")],
            approval("gone", "OWNER"),
        ];
        assert.match((await find()).stdout, /^approvers=\["owner","member","helper"\]$/m);
        permissions.owner = 502;
        await refused(/collaborators\/owner\/permission answered 502/);
    });

    it("is never that of a fork, of another workflow or event, of another commit, or one that failed", async () => {
        for (const change of [
            { head_repository: repo("eve/shop") },
            { head_repository: null },
            { repository: repo("eve/shop") },
            { path: ".github/workflows/other.yml" },
            { event: "push" },
            { event: "workflow_dispatch" },
            { conclusion: "failure" },
            { status: "in_progress", conclusion: null },
            { head_sha: "b".repeat(40) },
        ]) {
            runs = [run(1, change)];
            await refused(/no plan that .*pull\/7 was merged with: of 1 runs for a{40}, none is a success of/);
        }
    });

    it("is not looked for where the pull request came from a fork, or none was merged as the commit", async () => {
        for (const from of [repo("eve/shop"), null]) {
            pulls = [pull({ head: { sha: head, repo: from } })];
            await refused(
                /pull\/7 came from (eve\/shop|a repository that is gone), and plans are made of branches of me\/shop only/,
            );
        }
        for (const found of [[], [pull({ merged_at: null })], [pull({ base: { repo: repo("eve/shop") } })]]) {
            pulls = found;
            await refused(/no pull request of me\/shop was merged as c{40}/);
        }
    });

    it("is none, and the job red, without a plan of each stack, or with one that has expired", async () => {
        artifacts = {};
        await refused(/run 1 has no plan, or one that has expired, of dev/);
        artifacts = { 1: [plan("dev", true)] };
        await refused(/run 1 has no plan, or one that has expired, of dev/);
        artifacts = { 1: [plan("dev"), { name: "plan-production", expired: false }] };
        await refused(/run 1 has no plan, or one that has expired, of prod\./, '["dev","prod"]');
        runs = [];
        await refused(/of 0 runs/);
    });

    it("is none without the name of a stack: a green job with nothing in it would say that all was applied", async () => {
        for (const stacks of ["[]", ""]) await refused(/no stacks are named/, stacks);
    });

    it("says what GitHub said, and whether to try again", async () => {
        assert.match(
            (await find(undefined, "other")).stderr,
            /answered 401: .*Bad credentials[^]*permissions: {actions: read/,
        );
        broken = 502;
        await refused(/answered 502: .*unicorn[^]*fix: run the job again/);
    });
});

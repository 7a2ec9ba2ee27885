import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import type { Answer, Asker } from "../../rollout/gate/checks/check";
import { CommandCheck } from "../../rollout/gate/checks/command";
import { jobFor, jobManifest, jobName } from "../../rollout/gate/checks/jobManifest";
import { filled, judged } from "../../rollout/gate/checks/promql";
import { answerIn, WebhookCheck } from "../../rollout/gate/checks/webhook";
import { lastLines, withoutSecrets } from "../../rollout/gate/checks/words";
import { release } from "../../rollout/release/settings";
import { shapeProblems } from "../../rollout/config/shapeProblems";
import { until } from "../support/apiserver";
import { aboutStep as about, never } from "../support/checks";

describe("the config of checks", () => {
    const problems = (checks: object[], more: object = {}): string[] => {
        const given = { to: "v2", steps: "header,10,pause,100", checks, ...more };
        const { error } = release.safeParse(given);
        return shapeProblems(error?.issues ?? [], given, "release.review").map(
            ({ at, message }) => `${at}: ${message}`,
        );
    };
    const webhook = { url: "https://example.com/hook" };

    it("takes each kind, with times and numbers as Pulumi writes them", () => {
        const checks = [
            { name: "errors", promql: { query: 'up{version="{{ to }}"}', max: "0.05" }, failures: 2 },
            { name: "hook", webhook, every: "1m", from: "10" },
            { name: "smoke", job: { file: "smoke.yaml" }, timeout: "20m" },
            { name: "load", command: ["k6", "run", "-e", 5] },
        ];
        const prometheus = { url: "http://127.0.0.1:9090" };
        assert.deepEqual(problems(checks, { prometheus }), []);
        const read = release.parse({ to: "v2", checks, prometheus });
        assert.deepEqual([read.checks[0]?.promql?.max, read.checks[3]?.command?.[3]], [0.05, "5"]);
    });
    it("tells all that is wrong with all of them at once", () => {
        const told = problems([
            { name: "Both", webhook, command: ["true"] },
            { name: "none", every: "soon" },
            { name: "none", webhook: { url: "ftp://example.com" }, from: "25" },
            { name: "query", promql: { query: 'up{v="{{version}}"}' } },
            { name: "limits", promql: { query: "up", min: 2, max: 1, url: "http://127.0.0.1" } },
            { name: "job", job: {} },
        ]).join("\n");
        for (const expected of [
            /checks\.0\.name: .*at most 30 of a to z/,
            /checks\.0: .*has webhook and command of promql, webhook, job, command/,
            /checks\.1\.every: "soon" does not fit: is no duration/,
            /checks\.1: .*it has none of/,
            /checks\.2\.webhook\.url: .*begins with http/,
            /checks\.3\.promql\.max: .*a max or a min is needed/,
            /checks\.3\.promql\.query: .*\{\{version\}\} is none of service, namespace, to, stable, step/,
            /checks\.4\.promql\.min: .*it is over max, 1/,
            /checks\.5\.job: .*a file or a manifest/,
        ])
            assert.match(told, expected);
    });
    it("wants names of their own, a step that there is, and a Prometheus for a query", () => {
        const told = problems([
            { name: "one", webhook, from: "pause" },
            { name: "one", promql: { query: "up", max: 1 } },
        ]).join("\n");
        assert.match(told, /checks\.0\.from: "pause" does not fit: the steps are header, 10, 100/);
        assert.match(told, /checks\.1\.name: .*another check has this name/);
        assert.match(told, /checks\.1\.promql\.url: .*no prometheus\.url/);
    });
});

describe("the config of copies and waits", () => {
    const problems = (given: object): string =>
        shapeProblems(release.safeParse({ to: "v2", ...given }).error?.issues ?? [], given, "release.review")
            .map(({ at, message }) => `${at}: ${message}`)
            .join("\n");

    it("has no copies with Istio's own metrics, which do not count them", () => {
        const prometheus = { url: "http://127.0.0.1:9090" };
        assert.match(problems({ steps: "mirror,100", prometheus }), /prometheus\.metrics: .*envoy's own metrics alone/);
        assert.equal(problems({ steps: "mirror,100", prometheus: { ...prometheus, metrics: "envoy" } }), "");
        assert.equal(problems({ steps: "mirror,100" }), "");
    });
    it("has no approval that counts as given by itself", () => {
        const given = { steps: "10,approval,100", pauseTimeout: "1h", onExpiry: "goOn" };
        assert.match(problems(given), /onExpiry: .*an approval that nobody gives/);
        assert.equal(problems({ ...given, onExpiry: "rollback" }), "");
    });
});

describe("a query as a check", () => {
    const row = (value: number, labels = {}) => ({ labels, value, at: 0 });

    it("asks for the release's own versions, and leaves PromQL's brackets alone", () => {
        const query = 'sum(rate(x{version="{{to}}", ns="{{ namespace }}"}[1m])) / {{step}}';
        assert.equal(filled(query, about), 'sum(rate(x{version="v2", ns="shop"}[1m])) / 25');
    });
    it("passes where every series is within, fails where one is not, and names that", () => {
        assert.equal(judged([row(1), row(2)], { max: 2, min: 1 }).verdict, "pass");
        assert.deepEqual(judged([row(1, { pod: "a" }), row(3, { pod: "b" })], { max: 2 }), {
            verdict: "fail",
            evidence: '3 of {pod="b"}; at most 2 is asked for',
        });
        assert.equal(judged([row(Infinity)], { max: 2 }).verdict, "fail");
        assert.equal(judged([row(0.5)], { min: 1 }).verdict, "fail");
    });
    it("says nothing of the version where there is no number", () => {
        assert.equal(judged([], { max: 2 }).verdict, "inconclusive");
        assert.equal(judged([row(NaN), row(1)], { max: 2 }).verdict, "inconclusive");
    });
});

describe("a webhook as a check", () => {
    let server: http.Server;
    let answer: (request: http.IncomingMessage, response: http.ServerResponse) => void;
    const asked: { method?: string | undefined; url?: string | undefined; type?: string | undefined; body: unknown }[] =
        [];

    before(async () => {
        server = http.createServer((request, response) => {
            let text = "";
            request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
            request.on("end", () => {
                const { method, url, headers } = request;
                asked.push({ method, url, type: headers["content-type"], body: JSON.parse(text || "null") });
                answer(request, response);
            });
        });
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
    });
    after(() => server.close().closeAllConnections());

    const url = (): string => `http://user:word@127.0.0.1:${(server.address() as AddressInfo).port}/T0/secret?key=abc`;
    const ask = (seconds = 5, signal = never): Promise<Answer> => new WebhookCheck(url(), seconds).ask(about, signal);
    const answering = (status: number, body: unknown, headers = {}): void => {
        answer = (_, response) =>
            response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
    };

    it("is told what is released, and believed", async () => {
        answering(200, { verdict: "hold", reason: "the on-call\n\x1b[31mlooks" });
        assert.deepEqual(await ask(), { verdict: "hold", evidence: "answered 200: the on-call looks" });
        const { service, to, stable, step, weights, stack } = about;
        assert.deepEqual(asked.at(-1), {
            method: "POST",
            url: "/T0/secret?key=abc",
            type: "application/json",
            body: { service, to, stable, step, weights, stack },
        });
    });
    it("is not followed to another address", async () => {
        const before = asked.length;
        answering(307, "", { location: "/elsewhere" });
        assert.deepEqual(await ask(), {
            verdict: "inconclusive",
            evidence: "answered 307; redirects are not followed",
        });
        assert.equal(asked.length, before + 1);
    });
    it("is named without its path, query and password where it does not answer", async () => {
        const says = (error: Error): true => {
            assert.match(error.message, /^http:\/\/127\.0\.0\.1:\d+\/… does not answer: /);
            assert.doesNotMatch(error.message, /secret|word|abc/);
            return true;
        };
        answer = () => undefined;
        await assert.rejects(ask(0.2), (error: Error) => says(error) && /no answer in 0\.2 s$/.test(error.message));
        answer = (_, response) => response.destroy();
        await assert.rejects(ask(), says);
    });
    it("is given up as the step is left", async () => {
        const left = new AbortController();
        answer = () => left.abort();
        await assert.rejects(ask(60, left.signal), /does not answer/);
    });
    it("may not answer for ever", async () => {
        answer = (_, response) => {
            const more = (): void => {
                if (!response.destroyed) response.write("x".repeat(10_000), () => setImmediate(more));
            };
            more();
        };
        await assert.rejects(ask(), /its answer is longer than 65536 bytes/);
    });

    const read: [number, unknown, Answer["verdict"]][] = [
        [200, "", "pass"],
        [204, "", "pass"],
        [200, "ok", "pass"],
        [200, { status: "up" }, "pass"],
        [200, { verdict: "fail" }, "fail"],
        [200, { verdict: "maybe" }, "inconclusive"],
        [200, { verdict: "inconclusive" }, "inconclusive"],
        [422, { reason: "p99 is over" }, "fail"],
        [422, { verdict: "hold", reason: "wait" }, "hold"],
        [400, { error: "bad request" }, "inconclusive"],
        [404, { reason: "NotFound" }, "inconclusive"],
        [401, { reason: "Unauthorized" }, "inconclusive"],
        [429, { reason: "slow down" }, "inconclusive"],
        [404, "<html>", "inconclusive"],
        [500, { verdict: "fail", reason: "oops" }, "inconclusive"],
        [302, { verdict: "pass" }, "inconclusive"],
    ];
    for (const [status, body, verdict] of read)
        it(`that answers ${status} with ${JSON.stringify(body)} says ${verdict}`, () => {
            assert.equal(answerIn(status, typeof body === "string" ? body : JSON.stringify(body)).verdict, verdict);
        });
});

describe("a program as a check", function () {
    this.timeout(30_000);
    let folder: string;
    before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "upshift-check-"))));
    after(() => fs.rmSync(folder, { recursive: true }));
    const of = (command: readonly string[], seconds = 20): Asker =>
        new CommandCheck(command, seconds, () => Promise.resolve({ cwd: folder, env: process.env }));
    const shell = (script: string, seconds?: number): Asker => of(["sh", "-c", script], seconds);
    const pidIn = (file: string): Promise<number> =>
        until("the child has written its number", 10_000, async () => Number(fs.readFileSync(file, "utf8")));
    const isGone = (pid: number): Promise<boolean> =>
        until("the child is gone", 10_000, async () => !fs.existsSync(`/proc/${pid}`) || isZombie(pid));

    it("passes by exit code 0, fails by 1, and says nothing by any other", async () => {
        const verdicts = [];
        for (const code of [0, 1, 2, 127]) verdicts.push((await shell(`exit ${code}`).ask(about, never)).verdict);
        assert.deepEqual(verdicts, ["pass", "fail", "inconclusive", "inconclusive"]);
        assert.equal((await shell("kill -9 $$").ask(about, never)).verdict, "inconclusive");
    });
    it("runs in the project's folder and knows the step; its last lines are the evidence", async () => {
        const script = `seq 1 100; pwd; echo "$UPSHIFT_SERVICE $UPSHIFT_STEP $UPSHIFT_TO $UPSHIFT_STABLE" >&2; exit 1`;
        const { evidence } = await shell(script).ask(about, never);
        const lines = evidence.split("\n");
        assert.deepEqual(lines.slice(-2), [fs.realpathSync(folder), "review 25 v2 v1"]);
        assert.deepEqual([lines.length, lines[0]], [5, "exit code 1: 98"]);
    });
    it("gets its arguments as they are: no shell reads them", async () => {
        const { evidence } = await of(["printf", "%s|", "$HOME; exit 1", "*"]).ask(about, never);
        assert.equal(evidence, "exit code 0: $HOME; exit 1|*|");
    });
    it("that is not there can't be asked", async () => {
        await assert.rejects(of(["no-such-program"]).ask(about, never), /ENOENT/);
    });
    it("is ended with its children when it takes too long, and says nothing then, whatever it ends with", async () => {
        const file = path.join(folder, "late");
        const script = `trap 'exit 1' TERM; sh -c 'trap "" TERM; echo $$ > ${file}; while :; do sleep 1; done' & echo begun; wait`;
        const { verdict, evidence } = await shell(script, 1).ask(about, never);
        assert.equal(verdict, "inconclusive");
        assert.match(evidence, /^not done in 1 s, and ended: begun$/);
        assert.ok(await isGone(await pidIn(file)));
    });
    it("is ended as the step is left, also where it does not want to", async () => {
        const file = path.join(folder, "stubborn");
        const left = new AbortController();
        const done = shell(`trap '' TERM; echo $$ > ${file}; while :; do sleep 1; done`).ask(about, left.signal);
        const pid = await pidIn(file);
        left.abort();
        assert.equal((await done).verdict, "inconclusive");
        assert.ok(await isGone(pid));
    });
    it("leaves nobody behind who would hold its output open", async () => {
        const file = path.join(folder, "daemon");
        const { verdict } = await shell(`sleep 1000 & echo $! > ${file}; exit 0`).ask(about, never);
        assert.equal(verdict, "pass");
        assert.ok(await isGone(await pidIn(file)));
    });
});

describe("a Job as a check", () => {
    const manifest = {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "theirs", labels: { team: "shop" } },
        spec: {
            template: {
                spec: {
                    restartPolicy: "Never",
                    containers: [{ name: "k6", image: "k6", env: [{ name: "UPSHIFT_STEP", value: "own" }] }],
                },
            },
        },
    };
    const read = (given: object) => jobManifest(given, "release.review.checks[0].job", os.tmpdir());

    it("is named after the release and the step alone, and as Kubernetes wants it", () => {
        const job = read({ manifest });
        assert.match(jobName(job, "smoke", about), /^smoke-review-v2-25-[0-9a-f]{8}$/);
        assert.equal(jobName(job, "smoke", about), jobName(read({ manifest }), "smoke", { ...about, stack: "x" }));
        const others = [{ step: "50" }, { to: "v3" }, { service: "product" }].map((more) => ({ ...about, ...more }));
        assert.equal(new Set([about, ...others].map((one) => jobName(job, "smoke", one))).size, 4);
        const long = jobName(job, "smoke", { ...about, service: "Ä.b_".repeat(30) });
        assert.match(long, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    });
    it("ends and goes by itself, is told the step, and keeps what the user says", () => {
        const { metadata, spec } = jobFor(read({ manifest }), "smoke", about, 600);
        assert.deepEqual(metadata?.labels, {
            team: "shop",
            "app.kubernetes.io/managed-by": "upshift",
            "upshift.dev/check": "smoke",
        });
        assert.deepEqual(
            [metadata?.namespace, spec?.activeDeadlineSeconds, spec?.ttlSecondsAfterFinished],
            ["shop", 600, 3600],
        );
        const env = Object.fromEntries(
            (spec?.template.spec?.containers[0]?.env ?? []).map(({ name, value }) => [name, value]),
        );
        assert.deepEqual(env, {
            UPSHIFT_SERVICE: "review",
            UPSHIFT_TO: "v2",
            UPSHIFT_STABLE: "v1",
            UPSHIFT_STEP: "own",
        });
        const own = { ...manifest, spec: { ...manifest.spec, ttlSecondsAfterFinished: 5, activeDeadlineSeconds: 7 } };
        const kept = jobFor(read({ manifest: own }), "smoke", about, 600).spec;
        assert.deepEqual([kept?.activeDeadlineSeconds, kept?.ttlSecondsAfterFinished], [7, 5]);
    });
    it("is refused where it is none, with all that is wrong", () => {
        const pod = { apiVersion: "v1", kind: "Pod", spec: { template: { spec: { containers: [] } } } };
        assert.throws(
            () => read({ manifest: pod }),
            (error: Error) => {
                assert.match(error.message, /^release\.review\.checks\[0\]\.job\.manifest: It is no Job of batch\/v1/);
                for (const word of ["apiVersion: ", "kind: ", "restartPolicy: a Job's pods have Never", "containers: "])
                    assert.ok(error.message.includes(word), `${word} in ${error.message}`);
                return true;
            },
        );
    });
    it("is refused where its file is not there, is no YAML or has several", () => {
        assert.throws(() => read({ file: "no-such.yaml" }), /no-such\.yaml: It can't be read: ENOENT[^]*fix: pulumi/);
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "upshift-job-"));
        for (const [text, expected] of [
            ["a: [", /It is no YAML/],
            ["kind: Job\n---\nkind: Job\n", /It has 2 documents/],
            ["", /It is no Job|It has 0 documents/],
        ] as const) {
            fs.writeFileSync(path.join(folder, "job.yaml"), text);
            assert.throws(() => read({ file: path.join(folder, "job.yaml") }), expected);
        }
        fs.rmSync(folder, { recursive: true });
    });
});

describe("evidence", () => {
    it("has the last lines without what a terminal would obey", () => {
        assert.equal(lastLines("a\n\n\x1b[2J\x07b\r\n \x1b]0;title\x07c\n", 2), "b\nc");
        assert.equal(lastLines("x".repeat(500)).length, 201);
    });
    it("has no part of an address that may be secret", () => {
        assert.equal(withoutSecrets("https://a:b@hooks.example.com/T0/B0/x?y=z"), "https://hooks.example.com/…");
        assert.equal(withoutSecrets("http://127.0.0.1:9090"), "http://127.0.0.1:9090");
    });
});

function isZombie(pid: number): boolean {
    try {
        return fs.readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
    } catch {
        return true;
    }
}

import * as assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "../../cluster/embedded/probes";
import { hub } from "../../cluster/images/tag";
import { Caller } from "../support/caller";
import { eventsOf, type Told, upshift, upshiftStarted } from "../support/cli";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { kubectl } from "../support/kubectl";
import { apply } from "../support/mesh";
import { type MeshPrometheus, prometheusOf } from "../support/meshPrometheus";
import { meshWithWeb, namespace, noMesh, projectOn, setKeys, webImage, weightsOf } from "../support/ownService";
import type { Sandbox } from "../support/pulumi";

const name = "release-checks-test";
/** Enough for a gate of a few requests a second to say something soon: no figure of a real release. */
const settings = { bake: "10s", "gate.ceiling": "0.1", "gate.minRequests": "30", "gate.latency": "false" };

/** Two services whose versions, weights and stable version all stand in the config. */
const program = `
import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit, VersionedService } from "upshift";
const config = new pulumi.Config();
const images = config.requireObject<Record<string, Record<string, string>>>("images");
const weights = config.requireObject<Record<string, Record<string, number>>>("weights");
for (const name of ["web", "api"]) {
    const versions = Object.entries(images[name] ?? {}).map(([version, tag]) => ({
        name: version,
        image: \`${hub}/web:\${tag}\`,
        replicas: 1,
    }));
    const stable = config.getObject<Record<string, string>>("stable")?.[name] ?? "v1";
    const service = new VersionedService(name, {
        namespace: "own",
        versions,
        stable,
        ports: [{ name: "http", number: 3000 }],
        longestRequestSeconds: 5,
    });
    new TrafficSplit(
        name,
        {
            namespace: "own",
            versions: service.versions,
            weights: weights[name]!,
            step: { stable, limits: { maxRaise: 50, maxRaiseTogether: 100 } },
        },
        { dependsOn: service },
    );
}
`;

/** A Job that says a word and ends with a code. */
const job = (code: number): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: load }
spec:
  backoffLimit: 0
  template:
    metadata: { labels: { sidecar.istio.io/inject: "false" } }
    spec:
      restartPolicy: Never
      containers:
        - name: load
          image: ${webImage("v1")}
          imagePullPolicy: Never
          command: [/bin/busybox, sh, -c, "echo the queue is ${code === 0 ? "short" : "full"}; exit ${code}"]
`;

interface Event {
    readonly kind: string;
    readonly step?: string;
    readonly verdict?: string;
    readonly reason?: string;
    readonly check?: string;
    readonly why?: string;
    readonly outcome?: string;
    readonly version?: string;
    readonly weights?: Readonly<Record<string, number>>;
    readonly with?: unknown;
}

/** What else decides beside the gate, and what comes after a release: one cluster, two services under load, one thing after the other. */
describe("checks, approvals and the end of a release, on the mesh", function () {
    this.timeout(300_000);
    this.bail(true);
    let own: Sandbox;
    let prometheus: MeshPrometheus;
    let driver: Started;
    let onCall: { url: string; verdict: string; close(): void };
    const callers: Record<string, Caller> = {};
    const surroundings = (author?: string): NodeJS.ProcessEnv => ({
        ...process.env,
        ...own.environment,
        ...(author !== undefined && { UPSHIFT_AUTHOR: author }),
    });
    const cli = (...args: string[]): Promise<Told> => upshift([...args, "--cwd", own.folder], surroundings());
    /** Nobody's request has failed since it was last asked. @returns who answered, of at least so many */
    const answers = async (service: string, atLeast = 30): Promise<string[]> => {
        const got = await (callers[service] ?? assert.fail(service)).got(atLeast);
        assert.equal(got.failed, 0, got.reasons.join("\n"));
        return Object.keys(got.answers).sort();
    };
    const config = async (key: string): Promise<unknown> => {
        const all = JSON.parse(await own.succeed("config", "--json")) as Record<string, { value: string }>;
        const found = all[`sandbox:${key}`];
        return found && (JSON.parse(found.value) as unknown);
    };

    before("brings up a mesh with two services under load, all of it on v1", async function () {
        this.timeout(600_000);
        leaveOutWhereNoneRuns(this, name);
        await meshWithWeb(name);
        await apply(name, [namespace("own")]);
        own = await projectOn(name, program, {}, { "job.yaml": job(0) });
        await setKeys(own, "images", {
            "web.v1": "v1",
            "web.v1b": "v1",
            "web.v2": "v2",
            "api.v1": "v1",
            "api.v2": "v2",
        });
        await setKeys(own, "weights", { "web.v1": 100, "web.v1b": 0, "web.v2": 0, "api.v1": 100, "api.v2": 0 });
        await setKeys(own, "release.web", settings);
        await setKeys(own, "release.api", settings);
        await own.succeed("up", "--yes", "--skip-preview");
        for (const service of ["web", "api"]) {
            const caller = (callers[service] = await Caller.start(name, "own", service, "/cgi-bin/answer"));
            await caller.got(1);
            await caller.begin();
        }
        onCall = await startOnCall();
        prometheus = await prometheusOf(name, "own", ["caller-of-web"]);
        await setKeys(own, "release.web.prometheus", { url: prometheus.url, metrics: "envoy", scrapeSeconds: 1 });
    });
    after(async () => {
        onCall?.close();
        await prometheus?.stop();
        own?.remove();
        await noMesh(name);
    });

    const kinds: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
        ["webhook", {}, /on-call.*the shop is closed/],
        ["promql", { "promql.query": 'max(up{pod="caller-of-web"})', "promql.min": "2", failures: "1" }, /queue.*1/],
        ["job", { "job.file": "job.yaml" }, /load.*the queue is full/s],
    ];
    for (const [kind, values, reason] of kinds)
        it(`gives everybody back where a ${kind} fails, without a failed request`, async () => {
            const check = { webhook: "on-call", promql: "queue", job: "load" }[kind] ?? kind;
            const url: Record<string, string> = kind === "webhook" ? { "webhook.url": onCall.url } : {};
            await setKeys(own, "release.web.checks[0]", { name: check, every: "1s", ...url, ...values });
            onCall.verdict = "fail";
            own.write({ "job.yaml": job(1) });
            const told = await cli("release", "web", "--to", "v2", "--steps", "50,100", "--again", "--json");
            assert.equal(told.code, 1, told.stdout + told.stderr);
            const events = eventsOf<Event>(told);
            assert.match(events.find((one) => one.kind === "goesBack")?.why ?? "", reason);
            assert.equal(events.at(-1)?.outcome, "rolledBack");
            assert.deepEqual(await weightsOf(own), { api: { v1: 100, v2: 0 }, web: { v1: 100, v1b: 0, v2: 0 } });
            await answers("web", 1);
            assert.deepEqual(await answers("web"), ["v1"]);
            await own.succeed("config", "rm", "--path", "release.web.checks");
        });

    it("with all of them, stays where it is while Prometheus is gone: it neither goes on nor back, and says why", async () => {
        onCall.verdict = "pass";
        own.write({ "job.yaml": job(0) });
        const every = "1s";
        const checks: Record<string, string>[] = [
            { name: "on-call", "webhook.url": onCall.url, every },
            { name: "queue", "promql.query": 'max(up{pod="caller-of-web"})', "promql.min": "1", every },
            { name: "load", "job.file": "job.yaml", every },
        ];
        for (const [index, one] of checks.entries()) await setKeys(own, `release.web.checks[${index}]`, one);
        driver = started("release", "web", "--to", "v2", "--steps", "50,approval:ann,100", "--again");
        await driver.event(({ kind, step }) => kind === "applied" && step === "50");
        await prometheus.kill();
        // Three looks are more than the time to bake.
        const isGone = ({ kind, verdict, reason = "" }: Event): boolean =>
            kind === "gate" && verdict === "inconclusive" && /Prometheus at http\S+ gives no counts/.test(reason);
        await driver.event(isGone, 3);
        assert.deepEqual(
            driver.events().filter(({ kind }) => ["goesBack", "ends"].includes(kind)),
            [],
        );
        assert.deepEqual(await weightsOf(own), {
            api: { v1: 100, v2: 0 },
            web: { v1: 50, v1b: 0, v2: 50 },
        });
        assert.deepEqual(await answers("web", 60), ["v1", "v2"]);
    });
    it("goes on by itself once Prometheus is back and all checks pass, and waits for the one who may approve", async () => {
        await prometheus.start();
        await driver.event(({ kind, verdict }) => kind === "gate" && verdict === "pass");
        const passed = driver.events().filter(({ kind, verdict }) => kind === "check" && verdict === "pass");
        assert.deepEqual([...new Set(passed.map(({ check }) => check))].sort(), ["load", "on-call", "queue"]);
        await driver.event(({ kind, step, why = "" }) => kind === "waits" && step === "approval-1" && /ann/.test(why));
        const bob = await upshift(["promote", "web", "--cwd", own.folder], surroundings("bob"));
        assert.match(bob.stdout, /does not count for approval-1: bob said so, and ann alone may/);
        await driver.event(({ kind, why = "" }) => kind === "waits" && /bob said so, and ann alone may/.test(why));
        assert.deepEqual(await answers("web", 60), ["v1", "v2"]);
        const ann = await upshift(["promote", "web", "--cwd", own.folder], surroundings("ann"));
        assert.equal(ann.code, 0, ann.stderr);
        assert.equal(await driver.code, 0, driver.text());
        assert.equal(driver.events().at(-1)?.outcome, "done");
        await answers("web", 1);
        assert.deepEqual(await answers("web"), ["v2"]);
    });
    it("is undone to an earlier point by its number, at once", async () => {
        const { code, stdout, stderr } = await cli("undo", "--to", "1", "--yes");
        assert.equal(code, 0, stdout + stderr);
        assert.deepEqual(await weightsOf(own), { api: { v1: 100, v2: 0 }, web: { v1: 100, v1b: 0, v2: 0 } });
        await answers("web", 1);
        assert.deepEqual(await answers("web"), ["v1"]);
    });
    it("takes two services in one decision, one of them compared with a baseline", async () => {
        await own.succeed("config", "rm", "--path", "release.web.checks");
        await setKeys(own, "release.web", { baseline: "v1b" });
        const told = await cli("release", "web", "api", "--to", "v2", "--steps", "50,100", "--again", "--json");
        assert.equal(told.code, 0, told.stdout + told.stderr);
        const events = eventsOf<Event>(told);
        const steps = events
            .filter(({ kind }) => kind === "step")
            .map(({ weights, with: others }) => [weights, others]);
        assert.deepEqual(steps, [
            [{ v1: 25, v1b: 25, v2: 50 }, { api: { v1: 50, v2: 50 } }],
            [{ v1: 0, v1b: 0, v2: 100 }, { api: { v1: 0, v2: 100 } }],
        ]);
        const passed = events.find(({ kind, verdict, step }) => kind === "gate" && verdict === "pass" && step === "50");
        assert.match(passed?.reason ?? "", /web: .*v2[^]*api: .*v2/);
        for (const service of ["web", "api"]) {
            await answers(service, 1);
            assert.deepEqual(await answers(service), ["v2"]);
        }
    });
    it("is killed while it keeps the old versions, goes on, and takes them away once nobody asks them", async () => {
        const args = ["finish", "web", "--keep", "1m", "--remove"];
        const first = started(...args);
        await first.event(({ kind, step }) => kind === "waits" && step === "keep");
        first.process.kill("SIGKILL");
        await first.code;
        assert.equal(await config("stable"), undefined);
        const told = await cli(...args, "--json");
        assert.equal(told.code, 0, told.stdout + told.stderr);
        const events = eventsOf<Event>(told);
        const drained = events.filter(({ kind }) => kind === "drained").map(({ version }) => version);
        assert.deepEqual(drained.sort(), ["v1", "v1", "v1b"]);
        assert.deepEqual(
            events.filter(({ kind }) => kind === "applied").map(({ step }) => step),
            ["finish", "remove"],
        );
        const { items } = JSON.parse(await kubectl(name, ["get", "deployments", "-n", "own", "-o", "json"])) as {
            items: { metadata: { name: string } }[];
        };
        assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), ["api-v2", "web-v2"]);
        assert.deepEqual(await config("images"), { api: { v2: "v2" }, web: { v2: "v2" } });
        assert.deepEqual(await config("stable"), { api: "v2", web: "v2" });
        const { web } = (await config("release")) as { web: Record<string, unknown> };
        assert.deepEqual(Object.keys(web).sort(), ["bake", "gate", "keep", "prometheus", "steps"]);
        for (const service of ["web", "api"]) assert.deepEqual(await answers(service), ["v2"]);
    });

    /** A command that runs on, with an event a line. */
    function started(...args: string[]): Started {
        const child = upshiftStarted([...args, "--json", "--cwd", own.folder], surroundings());
        let [printed, errors] = ["", ""];
        child.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
        child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
        const code = once(child, "close").then(([ended]) => ended as number | null);
        // What is not whole yet is no event.
        const events = (): Event[] => eventsOf<Event>({ stdout: printed.slice(0, printed.lastIndexOf("\n") + 1) });
        const event = (is: (one: Event) => boolean, times = 1): Promise<void> => {
            const check = (): Promise<void> => {
                assert.ok(events().filter(is).length >= times, `not said:\n${printed.slice(-2000)}${errors}`);
                return Promise.resolve();
            };
            // What has ended says nothing more.
            return Promise.race([until(check, 200_000), code.then(check)]);
        };
        return { process: child, code, events, event, text: () => printed + errors };
    }
});

interface Started {
    readonly process: ChildProcess;
    readonly code: Promise<number | null>;
    events(): Event[];
    /** Waits until it has said such a thing, so many times. */
    event(is: (one: Event) => boolean, times?: number): Promise<void>;
    text(): string;
}

/** Who is asked by a webhook, and says what it is told to. */
async function startOnCall(): Promise<{ url: string; verdict: string; close(): void }> {
    const server = http.createServer((request, response) => {
        request.resume();
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ verdict: told.verdict, reason: "the shop is closed" }));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/release`;
    const close = (): void => {
        server.close().closeAllConnections();
    };
    const told = { url, verdict: "pass", close };
    return told;
}

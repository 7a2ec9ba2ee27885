import * as assert from "node:assert/strict";
import { once } from "node:events";
import { startCluster, type TestCluster } from "../support/apiserver";
import { eventsOf, type Told, upshift, upshiftStarted, wentWell } from "../support/cli";
import { liveShare, patchShare } from "../support/guarded";
import { sandbox, type Sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";
import { projectRoot } from "../../cluster/paths";

const up = ["up", "--yes", "--skip-preview"];

/** A look of `status --watch --json`. */
interface Looked {
    readonly releases: readonly { readonly state: string }[];
    readonly notCounted: readonly { readonly why: string }[];
}

/** Two services whose weights stand in the config, as the driver and the verbs write them. */
const program = (kubeconfig: string): string => `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit } from ${JSON.stringify(`${projectRoot()}/components/split/TrafficSplit`)};
const provider = new k8s.Provider("cluster", { kubeconfig: ${JSON.stringify(kubeconfig)}, context: "test", enableServerSideApply: true });
const weights = new pulumi.Config().requireObject<Record<string, Record<string, number>>>("weights");
for (const [name, own] of Object.entries(weights))
    new TrafficSplit(
        name,
        { namespace: "default", versions: Object.keys(own), weights: own, step: { stable: "v1", limits: { maxRaise: 50, maxRaiseTogether: 100 } } },
        { providers: [provider] },
    );
`;

/** On a project that is not this one, with a cluster that has an API server and no mesh. */
describe("the verbs of a stack", function () {
    this.timeout(600_000);
    this.bail(true);
    let cluster: TestCluster;
    let stack: Sandbox;
    const told = (...args: string[]): Promise<Told> =>
        upshift([...args, "--cwd", stack.folder], { ...process.env, ...stack.environment });
    const well = (...args: string[]): Promise<string> => wentWell(told(...args));
    const step = async (shares: Readonly<Record<string, number>>): Promise<void> => {
        const pairs = Object.entries(shares).flatMap(([name, v2]) => [
            ...["--plaintext", `weights.${name}.v1=${100 - v2}`],
            ...["--plaintext", `weights.${name}.v2=${v2}`],
        ]);
        await stack.succeed("config", "set-all", "--path", ...pairs);
        await stack.succeed(...up);
    };
    const live = async (): Promise<unknown[]> => [await liveShare(cluster, "review"), await liveShare(cluster, "cart")];
    const config = async (path: string): Promise<string> => {
        const { code, output } = await stack.pulumi("config", "get", "--path", path);
        return code === 0 ? output.trim() : "";
    };
    const updates = async (): Promise<{ version: number; message: string }[]> =>
        JSON.parse(await stack.succeed("stack", "history", "--json", "--page-size", "100")) as {
            version: number;
            message: string;
        }[];

    before("applies two services, and moves users of both", async () => {
        cluster = await startCluster(defineMeshKinds);
        stack = await sandbox({ "index.ts": program(cluster.kubeconfig) });
        await step({ review: 0, cart: 0 });
        await step({ review: 25, cart: 0 });
        await step({ review: 50, cart: 20 });
    });
    after(async () => {
        stack?.remove();
        await cluster?.stop();
    });

    it("say where each release is, and which users are off stable without one", async () => {
        const release = ["release.review.to=v2", "release.review.steps=25,50,100", "release.review.bake=1s"];
        await stack.succeed("config", "set-all", "--path", ...release.flatMap((one) => ["--plaintext", one]));
        const text = await well("status");
        assert.match(text, /review .*v2 .*50, 50 % .*under way .*its gate at 50 %; next: 100/);
        const { releases } = JSON.parse(await well("status", "--json")) as {
            releases: { service: string; state: string }[];
        };
        assert.deepEqual(
            releases.map(({ service, state }) => [service, state]),
            [
                ["cart", "undeclared"],
                ["review", "under way"],
            ],
        );
    });
    it("watch it until somebody interrupts, tell what is new, and end well", async () => {
        const watching = upshiftStarted(["status", "--watch", "--json", "--cwd", stack.folder], {
            ...process.env,
            ...stack.environment,
        });
        let printed = "";
        const seen = (): Looked[] =>
            printed
                .split("\n")
                .slice(0, -1)
                .map((line) => JSON.parse(line) as Looked);
        const until = async (isThere: (looked: Looked) => boolean): Promise<void> => {
            while (!seen().some(isThere)) printed += String((await once(watching.stdout ?? assert.fail(), "data"))[0]);
        };
        // No proxy runs here whose requests could be counted.
        await until(({ notCounted }) => notCounted.some(({ why }) => why.includes("No proxy has counted a request")));
        await well("pause", "review");
        await until(({ releases }) => releases[1]?.state === "paused");
        watching.kill("SIGINT");
        const [code] = (await once(watching, "close")) as [number | null];
        assert.equal(code, 0);
        const states = seen().map(({ releases }) => releases[1]?.state);
        assert.deepEqual([...new Set(states)], ["under way", "paused"]);
        const isSame = seen().some((one, index) => JSON.stringify(one) === JSON.stringify(seen()[index - 1]));
        assert.ok(!isSame, "the same was told twice");
        await well("resume", "review");
    });
    it("number the updates that moved somebody, the newest first, in a backend that does not", async () => {
        const lines = (await well("history")).split("\n").filter((line) => /^\d/.test(line));
        assert.deepEqual(
            lines.map((line) => line.replace(/ {2}\S+ {2}/, ": ")),
            [
                "3: cart v1 100 → 80, cart v2 0 → 20, review v1 75 → 50, review v2 25 → 50",
                "2: review v1 100 → 75, review v2 0 → 25",
                "1: cart v1 0 → 100, review v1 0 → 100",
            ],
        );
        const one = JSON.parse(await well("history", "--last", "1", "--json")) as { version: number }[];
        assert.deepEqual(
            one.map(({ version }) => version),
            [3],
        );
    });
    it("ask before they undo anything, and do nothing where nobody can be asked", async () => {
        const { code, stdout, stderr } = await told("undo");
        assert.equal(code, 2, stdout);
        assert.match(
            stdout,
            /^back to update 2 of .*, in 1 step:\n {2}cart: v1 80 %, v2 20 % → v1 100 %\n {2}review: v1 50 %, v2 50 % → v1 75 %, v2 25 %$/m,
        );
        assert.match(stderr, /Nobody can be asked.*\n {2}fix: npx upshift undo --cwd \S+ --yes$/m);
        assert.deepEqual(await live(), [50, 20]);
    });
    it("undo the last update that moved somebody, and any before it", async () => {
        await well("undo", "--yes");
        assert.deepEqual(await live(), [25, 0]);
        assert.deepEqual([await config("weights.review.v2"), await config("release.review.aborted")], ["25", "v2"]);
        assert.match((await updates())[0]?.message ?? "", /^upshift: undo to update 2, 1 of 1; .*, by \S+@\S+$/);
        const aborted = await told("undo", "--to", "3", "--yes");
        assert.equal(aborted.code, 1, aborted.stdout);
        assert.match(aborted.stderr, /review v2 was aborted.*\n {2}fix: npx upshift undo --cwd \S+ --to 3 --again/);
        await well("undo", "--to", "3", "--yes", "--again");
        assert.deepEqual(await live(), [50, 20]);
        const { code, stderr } = await told("undo", "--to", "77", "--yes");
        assert.equal(code, 2);
        assert.match(stderr, /has no update 77\.\n {2}fix: npx upshift undo/);
    });
    it("take one service down step by step, an update each", async () => {
        const before = (await updates()).length;
        await well("rollback", "review", "--gradual", "--bake", "0s");
        assert.deepEqual(await live(), [0, 20]);
        assert.equal((await updates()).length, before + 2);
        assert.equal(await config("release.review.aborted"), "v2");
    });
    it("give everybody of all services back at once, by one update, also whom somebody has moved in the cluster alone", async () => {
        await step({ review: 50, cart: 0 });
        await patchShare(cluster, "cart", 60);
        const before = (await updates()).length;
        const all = eventsOf<{ kind: string }>({ stdout: await well("rollback", "--all", "--json") });
        assert.deepEqual(
            all.map(({ kind }) => kind),
            ["goesBack", "goesBack", "back", "ends"],
        );
        assert.deepEqual(await live(), [0, 0]);
        assert.equal((await updates()).length, before + 1);
        assert.match(await well("rollback", "--all"), /All users of cart, review are on their stable versions/);
        assert.equal((await updates()).length, before + 1);
    });
    it("do not begin while somebody has stopped the line of the backend, on whichever stack; the way back always works", async () => {
        await stack.succeed("stack", "init", "other");
        await stack.succeed("stack", "select", "dev");
        await step({ review: 25, cart: 0 });
        // A stack without anything in it has a backend as well.
        const stopped = await well("stop-the-line", "--reason", "the database is on fire", "--stack", "other");
        assert.match(
            stopped,
            /^The line is stopped since 20\S+ by \S+@\S+: the database is on fire \(said on stack other\)/,
        );
        const declared = await config("release.review.aborted");
        for (const args of [
            ["release", "review", "--again"],
            ["retry", "review"],
            ["goto", "review", "50", "--again"],
            ["undo", "--yes", "--again"],
        ]) {
            const { code, stderr } = await told(...args);
            assert.equal(code, 1, `${args.join(" ")}: ${stderr}`);
            assert.match(
                stderr,
                /The line is stopped since .*: the database is on fire .*\n {2}fix: npx upshift go-on --cwd/,
            );
        }
        assert.deepEqual([await live(), await config("release.review.aborted")], [[25, 0], declared]);
        await well("rollback", "review");
        assert.deepEqual(await live(), [0, 0]);
        assert.match(await well("go-on"), /The line goes on \(it was stopped on other\)/);
        assert.match(await well("go-on"), /Nobody had stopped the line/);
    });
    it("go to a step of a release, up by every one on the way and down at once", async () => {
        const before = (await updates()).length;
        await well("goto", "review", "50", "--again");
        assert.deepEqual([await live(), (await updates()).length], [[50, 0], before + 2]);
        await well("goto", "review", "25");
        assert.deepEqual([await live(), (await updates()).length], [[25, 0], before + 3]);
    });
    it("refuse what leaves open whose users are meant", async () => {
        for (const args of [["rollback"], ["rollback", "review", "--all"]]) {
            const { code, stderr } = await told(...args);
            assert.equal(code, 2);
            assert.match(stderr, /\n {2}fix: npx upshift rollback \S+, or npx upshift rollback --all/);
        }
    });
});

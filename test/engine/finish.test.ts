import * as assert from "node:assert/strict";
import { once } from "node:events";
import { ExitCode } from "../../rollout/exitCode";
import { StackRemover } from "../../rollout/release/finish/stackRemover";
import type { ReleaseEvent } from "../../rollout/release/hands";
import { StackHands } from "../../rollout/release/stackHands";
import { finish } from "../../rollout/release/verbs/finish";
import { projectRoot } from "../../cluster/paths";
import { startCluster, type TestCluster, until } from "../support/apiserver";
import { type Told, upshift, upshiftStarted, wentWell } from "../support/cli";
import { liveShare } from "../support/guarded";
import { sandbox, type Sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";

const up = ["up", "--yes", "--skip-preview"];

/** A service that takes what a release writes from the config; and its versions, too, or from a list of its own. */
const program = (kubeconfig: string, versions: string): string => `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit } from ${JSON.stringify(`${projectRoot()}/components/split/TrafficSplit`)};
const provider = new k8s.Provider("cluster", { kubeconfig: ${JSON.stringify(kubeconfig)}, context: "test", enableServerSideApply: true });
const config = new pulumi.Config();
const weights = config.requireObject<Record<string, Record<string, number>>>("weights").review!;
const stable = config.getObject<Record<string, string>>("stable")?.review ?? "v1";
new TrafficSplit(
    "review",
    {
        namespace: "default",
        versions: ${versions},
        weights,
        step: { stable, limits: { maxRaise: 50, maxRaiseTogether: 100 } },
    },
    { providers: [provider] },
);
`;

/** On a project that is not this one, with a cluster that has an API server and no mesh: nobody there counts who asks what. */
describe("finish of a release, by the real engine", function () {
    this.timeout(600_000);
    this.bail(true);
    let cluster: TestCluster;
    let stack: Sandbox;
    const surroundings = (): NodeJS.ProcessEnv => ({ ...process.env, ...stack.environment });
    const told = (...args: string[]): Promise<Told> => upshift([...args, "--cwd", stack.folder], surroundings());
    const well = (...args: string[]): Promise<string> => wentWell(told(...args));
    const set = (...pairs: string[]): Promise<string> =>
        stack.succeed("config", "set-all", "--path", ...pairs.flatMap((pair) => ["--plaintext", pair]));
    const config = async (key: string): Promise<unknown> => {
        const all = JSON.parse(await stack.succeed("config", "--json")) as Record<string, { value: string }>;
        const found = all[`sandbox:${key}`];
        return found && (JSON.parse(found.value) as unknown);
    };
    const messages = async (): Promise<string[]> => {
        const printed = await stack.succeed("stack", "history", "--json", "--page-size", "100");
        return (JSON.parse(printed) as { message: string }[]).map(({ message }) => message);
    };
    /** With callers that have no request for the version any more, which this cluster has not. */
    const finished = async (): Promise<{ code: ExitCode; words: string }> => {
        const before = { ...process.env };
        Object.assign(process.env, stack.environment);
        let words = "";
        const tell = (event: ReleaseEvent): void => {
            if (event.kind === "ends") ({ words } = event);
        };
        const hands = new StackHands("dev", "review", tell, stack.folder);
        try {
            const code = await finish([{ service: "review", hands }], {
                remove: true,
                count: async (_served, _version, least = 10) => ({ seconds: least, requests: 0, open: 0 }),
                remover: new StackRemover("dev", stack.folder),
            });
            return { code, words };
        } finally {
            hands.close();
            for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
            Object.assign(process.env, before);
        }
    };
    const subsets = async (): Promise<string[]> => {
        const at = "/apis/networking.istio.io/v1/namespaces/default/destinationrules/review-dr";
        const { spec } = (await cluster.request("GET", at)) as unknown as { spec: { subsets: { name: string }[] } };
        return spec.subsets.map(({ name }) => name);
    };

    before("brings everybody to v2", async () => {
        cluster = await startCluster(defineMeshKinds);
        stack = await sandbox({ "index.ts": program(cluster.kubeconfig, "Object.keys(weights)") });
        await set("weights.review.v1=100", "weights.review.v2=0");
        await stack.succeed(...up);
        await set("release.review.to=v2", "release.review.steps=50,100", "release.review.bake=1s");
        await well("goto", "review", "100");
    });
    after(async () => {
        stack?.remove();
        await cluster?.stop();
    });

    it("keeps the old version as the stable one, so that a rollback meanwhile is one update, and ends with it", async () => {
        const args = ["finish", "review", "--keep", "1h", "--remove", "--json", "--cwd", stack.folder];
        const finishing = upshiftStarted(args, surroundings());
        let printed = "";
        finishing.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
        const ended = once(finishing, "close");
        const isKept = (): Promise<boolean> => Promise.resolve(/"step":"keep","why":"v1 is kept until/.test(printed));
        await until("finish says that it keeps v1", 120_000, isKept, [finishing]);
        assert.equal(await config("stable"), undefined);
        const before = (await messages()).length;
        await well("rollback", "review");
        assert.deepEqual([await liveShare(cluster, "review"), (await messages()).length], [0, before + 1]);
        const [code] = (await ended) as [number | null];
        assert.equal(code, 1, printed);
        assert.match(printed, /"outcome":"aborted","words":"Somebody has aborted review v2\."/);
    });
    it("makes the new one the stable one, keeps how the next release is made, and takes nothing away that nobody can count", async () => {
        await well("goto", "review", "100", "--again");
        await set("release.review.timeout=2s");
        const { code, stdout, stderr } = await told("finish", "review", "--keep", "1s", "--remove");
        assert.equal(code, 3, stdout + stderr);
        assert.match(
            stdout,
            /Held\. Nothing is taken away: Whether v1 still gets requests could not be counted .*\n {2}fix: npx upshift finish review --cwd \S+ --remove$/m,
        );
        const kept = { steps: "50,100", bake: "1s", timeout: "2s", keep: "1s", previous: "v1" };
        assert.deepEqual(await config("release"), { review: kept });
        assert.deepEqual([await config("stable"), await liveShare(cluster, "review")], [{ review: "v2" }, 100]);
        const { stderr: asked } = await told("release", "review");
        assert.match(asked, /says nothing of a release of review\.\n {2}fix: .*--to VERSION/);
        assert.deepEqual((JSON.parse(await well("status", "--json")) as { releases: unknown }).releases, []);
    });
    it("leaves the old one where the program names it, and says where", async () => {
        stack.write({ "index.ts": program(cluster.kubeconfig, '["v1", "v2"]') });
        const before = await messages();
        const { code, words } = await finished();
        assert.equal(code, ExitCode.Held);
        assert.match(
            words,
            /^Only the program can take v1 of review away: without it in the config the program still has DestinationRule default\/review-dr \(v1\), VirtualService default\/review-vs \(v1\)\./,
        );
        assert.match(words, /here:\n {2}index\.ts:8: .*"v1".*\n {2}index\.ts:13: versions: \["v1", "v2"\],\n/);
        assert.match(
            words,
            /\n {2}fix: edit the program, then pulumi config rm --path 'weights\.review\.v1' && pulumi up$/,
        );
        assert.deepEqual([await messages(), await subsets()], [before, ["v1", "v2"]]);
        assert.deepEqual(await config("weights"), { review: { v1: 0, v2: 100 } });
    });
    it("takes it away by one write and one update, where the program takes its versions from the config", async () => {
        stack.write({ "index.ts": program(cluster.kubeconfig, "Object.keys(weights)") });
        const before = (await messages()).length;
        assert.deepEqual(await finished(), { code: ExitCode.Well, words: "v1 of review is taken away." });
        assert.equal((await messages()).length, before + 1);
        assert.match((await messages())[0] ?? "", /^upshift: v1 of review taken away, by /);
        assert.deepEqual([await subsets(), await liveShare(cluster, "review")], [["v2"], 100]);
        assert.deepEqual(await config("weights"), { review: { v2: 100 } });
        const kept = { steps: "50,100", bake: "1s", timeout: "2s", keep: "1s" };
        assert.deepEqual(await config("release"), { review: kept });
    });
});

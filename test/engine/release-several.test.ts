import * as assert from "node:assert/strict";
import { allUpdates } from "../../rollout/release/metrics/collect";
import type { Message } from "../../rollout/release/notify/message";
import { startCluster, type TestCluster } from "../support/apiserver";
import { type Told, upshift } from "../support/cli";
import { type Sandbox, sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";
import { type Hook, secretWord, startHook } from "../support/webhook";

const namespace = "theirs";
const services = ["review", "product"];

/** Two services of a user's own, whose routes follow the config. */
const program = (kubeconfig: string): string => `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const opts = { provider: new k8s.Provider("theirs", { kubeconfig: ${JSON.stringify(kubeconfig)}, context: "test" }) };
const all = new pulumi.Config().requireObject<Record<string, Record<string, number>>>("weights");
const stable = new pulumi.Config().getObject<Record<string, string>>("stable") ?? {};
const namespace = "${namespace}";
for (const name of ${JSON.stringify(services)}) {
    const metadata = { name, namespace, annotations: { "pulumi.com/skipAwait": "true" } };
    new k8s.core.v1.Service(name, { metadata, spec: { selector: { app: name }, ports: [{ name: "http", port: 80 }] } }, opts);
    const istio = (kind: string, annotations: Record<string, string>, spec: object) =>
        new k8s.apiextensions.CustomResource(
            name + kind,
            { apiVersion: "networking.istio.io/v1", kind, metadata: { name, namespace, annotations }, spec },
            opts,
        );
    istio("DestinationRule", {}, { host: name, subsets: ["v1", "v2"].map((version) => ({ name: version, labels: { version } })) });
    const marks = {
        "upshift.dev/service": name,
        "upshift.dev/stable": stable[name] ?? "v1",
        "upshift.dev/max-raise": "50",
        "upshift.dev/max-raise-together": "100",
        "pulumi.com/patchForce": "true",
    };
    const route = Object.entries(all[name]!).map(([version, weight]) => ({ destination: { host: name, subset: version }, weight }));
    istio("VirtualService", marks, { hosts: [name], http: [{ route }] });
}
`;

describe("a release of two services as one, by the real engine", function () {
    this.timeout(300_000);
    let cluster: TestCluster;
    let theirs: Sandbox;
    let hook: Hook;
    let said = "";
    const surroundings = { ...process.env };
    const cli = async (...args: string[]): Promise<Told> => {
        const told = await upshift([...args, "--cwd", theirs.folder], { ...process.env, ...theirs.environment });
        said += told.stdout + told.stderr;
        return told;
    };
    /** Percent of v2 by service, as the cluster has it, and as the config has it. */
    const live = async (): Promise<(number | undefined)[]> =>
        Promise.all(
            services.map(async (name) => {
                const path = `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices/${name}`;
                const body = await cluster.request("GET", path);
                const { spec } = body as unknown as {
                    spec: { http: { route: { destination: { subset: string }; weight?: number }[] }[] };
                };
                return spec.http[0]?.route.find(({ destination }) => destination.subset === "v2")?.weight ?? 0;
            }),
        );
    const configured = async (): Promise<number[]> => {
        const { value } = JSON.parse(await theirs.succeed("config", "get", "weights", "--json")) as { value: string };
        const weights = JSON.parse(value) as Record<string, Record<string, number>>;
        return services.map((name) => weights[name]?.v2 ?? NaN);
    };
    const messages = async (size?: number): Promise<string[]> =>
        (await allUpdates("dev", theirs.folder, size)).map(({ message }) => message);

    before("deploys them, all users on v1, and tells a webhook whose URL is a secret", async () => {
        [cluster, hook] = await Promise.all([startCluster(defineMeshKinds), startHook()]);
        theirs = await sandbox({ "index.ts": program(cluster.kubeconfig) });
        for (const [key, value] of Object.entries(theirs.environment))
            if (value !== undefined) process.env[key] = value;
        await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
        const weights = services.flatMap((name) => [
            "--plaintext",
            `weights.${name}.v1=100`,
            "--plaintext",
            `weights.${name}.v2=0`,
        ]);
        await theirs.succeed("config", "set-all", "--path", ...weights);
        await theirs.succeed("config", "set", "--secret", "--path", "notify.webhook", hook.url);
        await theirs.succeed("up", "--yes", "--skip-preview");
    });
    after(async () => {
        for (const name of Object.keys(process.env)) if (!(name in surroundings)) delete process.env[name];
        Object.assign(process.env, surroundings);
        hook?.close();
        theirs?.remove();
        await cluster?.stop();
    });

    it("is refused where its steps are too much for both together, and nothing is written", async () => {
        const told = await cli("release", "review", "product", "--to", "v2", "--steps", "60,100");
        assert.equal(told.code, 2, told.stdout);
        assert.match(told.stderr, /fix: npx upshift release review product --cwd \S+ --steps 50,60,100/);
        assert.deepEqual(await live(), [0, 0]);
        assert.ok(!(await theirs.succeed("config", "--json")).includes("sandbox:release"));
    });
    it("moves both by one update", async () => {
        const told = await cli("release", "review", "product", "--to", "v2", "--steps", "50,100", "--once", "--json");
        assert.equal(told.code, 3, told.stderr);
        assert.deepEqual(
            [await live(), await configured()],
            [
                [50, 50],
                [50, 50],
            ],
        );
        const all = await messages();
        assert.equal(all.length, 2);
        assert.match(all[1] ?? "", /^upshift: review v2, product v2: 50, by \S+@\S+$/);
        assert.deepEqual(await messages(1), all);
    });
    it("is found by the name of either, and gives both back by one update", async () => {
        const told = await cli("abort", "product");
        assert.equal(told.code, 0, told.stderr);
        assert.deepEqual(
            [await live(), await configured()],
            [
                [0, 0],
                [0, 0],
            ],
        );
        const all = await messages();
        assert.equal(all.length, 3);
        assert.match(all[2] ?? "", /^upshift: product back to v1, review back to v1: somebody asked for it, by /);
        const again = await cli("release", "review");
        assert.match(
            again.stderr,
            /was aborted.*\n {2}fix: npx upshift release review product --cwd \S+ --to v2 --again/,
        );
    });
    it("has told all of it by the webhook, whose URL is in nothing that was printed", async () => {
        const texts = hook.got.map((one) => (one as Message).text.split("\n")[0] ?? "");
        assert.equal(texts.length, 4, texts.join("\n"));
        assert.match(texts[0] ?? "", /review: v1 → v2, product: v1 → v2 by 50, 100/);
        assert.match(texts[1] ?? "", /review and product: 50: every caller's proxy has it/);
        assert.match(texts[2] ?? "", /Held\. Taken: 50/);
        assert.match(texts[3] ?? "", /product and review: abort: All users of product are on v1/);
        const { port } = new URL(hook.url);
        assert.ok(!said.includes(secretWord) && !said.includes(port), said);
    });
    it("is in the stack's metrics, one release for each of them", async () => {
        const { code, stdout, stderr } = await cli("metrics");
        assert.equal(code, 0, stderr);
        for (const name of services) {
            const own = `project="sandbox",stack="dev",service="${name}"`;
            assert.ok(stdout.includes(`upshift_releases_total{${own},result="aborted"} 1`), stdout);
            assert.ok(stdout.includes(`upshift_rollbacks_total{${own},by="hand"} 1`), stdout);
            assert.ok(stdout.includes(`upshift_share_ratio{${own},version="v1"} 1`), stdout);
        }
        assert.match(stdout, /\n# EOF\n$/);
    });
});

import * as assert from "node:assert/strict";
import { allUpdates } from "../../rollout/release/metrics/collect";
import { startCluster, type TestCluster } from "../support/apiserver";
import { type Told, upshift, wentWell } from "../support/cli";
import { type Sandbox, sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";

const namespace = "theirs";
const services = ["review", "product"];

/** Two services of a user's own behind an edge, which decides for both once the config has `weights.shop`. */
const program = (kubeconfig: string): string => `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const opts = { provider: new k8s.Provider("theirs", { kubeconfig: ${JSON.stringify(kubeconfig)}, context: "test" }) };
const all = new pulumi.Config().requireObject<Record<string, Record<string, number>>>("weights");
const stable = new pulumi.Config().getObject<Record<string, string>>("stable") ?? {};
const namespace = "${namespace}";
const service = (name: string) => {
    const metadata = { name, namespace, annotations: { "pulumi.com/skipAwait": "true" } };
    new k8s.core.v1.Service(name, { metadata, spec: { selector: { app: name }, ports: [{ name: "http", port: 80 }] } }, opts);
};
const routes = (name: string, of: string, spec: object) => {
    const annotations = {
        "upshift.dev/service": name,
        "upshift.dev/group": "shop",
        "upshift.dev/stable": stable[of] ?? "v1",
        "upshift.dev/max-raise": "50",
        "upshift.dev/max-raise-together": "100",
        "pulumi.com/patchForce": "true",
    };
    const body = { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata: { name, namespace, annotations }, spec };
    new k8s.apiextensions.CustomResource(name + "-vs", body, opts);
};
for (const name of ${JSON.stringify(services)}) {
    service(name);
    const subsets = ["v1", "v2"].map((version) => ({ name: version, labels: { version } }));
    const rule = { apiVersion: "networking.istio.io/v1", kind: "DestinationRule", metadata: { name, namespace }, spec: { host: name, subsets } };
    new k8s.apiextensions.CustomResource(name + "-dr", rule, opts);
    const chained = ["v1", "v2"].map((version) => ({
        match: [{ headers: { "x-release": { exact: version } } }],
        route: [{ destination: { host: name, subset: version } }],
    }));
    const route = Object.entries(all[name]!).map(([version, weight]) => ({ destination: { host: name, subset: version }, weight }));
    routes(name, name, { hosts: [name], http: [...(all.shop ? chained : []), { route }] });
}
service("composite");
const decided = Object.entries(all.shop ?? {}).map(([version, weight]) => ({
    destination: { host: "composite" },
    headers: { request: { set: { "x-release": version } } },
    weight,
}));
const led = decided.length > 0 ? decided : [{ destination: { host: "composite" } }];
routes("shop", "review", { hosts: ["shop.example.com"], gateways: ["ingress/gw"], http: [{ name: "weighted", route: led }] });
`;

describe("a release of a chain, by the real engine", function () {
    this.timeout(900_000);
    this.bail(true);
    let cluster: TestCluster;
    let theirs: Sandbox;
    const surroundings = { ...process.env };
    const cli = (...args: string[]): Promise<Told> =>
        upshift([...args, "--cwd", theirs.folder], { ...process.env, ...theirs.environment });
    const well = (...args: string[]): Promise<string> => wentWell(cli(...args));
    /** Percent of v2 at the edge, and of each service's own weights, as the cluster has them. */
    const live = async (): Promise<number[]> =>
        Promise.all(
            ["shop", ...services].map(async (name) => {
                const { spec } = (await cluster.request(
                    "GET",
                    `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices/${name}`,
                )) as unknown as { spec: { http: { route: Destination[] }[] } };
                const route = spec.http.at(-1)?.route ?? [];
                const version = ({ destination, headers }: Destination): string | undefined =>
                    headers?.request.set["x-release"] ?? destination.subset;
                return route.find((one) => version(one) === "v2")?.weight ?? 0;
            }),
        );
    const config = async (key: string): Promise<unknown> => {
        const all = JSON.parse(await theirs.succeed("config", "--json")) as Record<string, { value: string }>;
        const { value } = all[`sandbox:${key}`] ?? {};
        return value === undefined ? undefined : JSON.parse(value);
    };
    const set = (...values: string[]): Promise<unknown> =>
        theirs.succeed("config", "set-all", "--path", ...values.flatMap((value) => ["--plaintext", value]));
    const messages = async (): Promise<string[]> =>
        (await allUpdates("dev", theirs.folder)).map(({ message }) => message);

    before("deploys them, all users on v1, and an edge that decides for nobody", async () => {
        cluster = await startCluster(defineMeshKinds);
        theirs = await sandbox({ "index.ts": program(cluster.kubeconfig) });
        for (const [key, value] of Object.entries(theirs.environment))
            if (value !== undefined) process.env[key] = value;
        await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
        await set(...services.flatMap((name) => [`weights.${name}.v1=100`, `weights.${name}.v2=0`]));
        await theirs.succeed("up", "--yes", "--skip-preview");
    });
    after(async () => {
        for (const name of Object.keys(process.env)) if (!(name in surroundings)) delete process.env[name];
        Object.assign(process.env, surroundings);
        theirs?.remove();
        await cluster?.stop();
    });

    it("is refused while its edge decides for nobody, and the fix has it decide and moves no user", async () => {
        for (const args of [["shop"], ["review", "--chain"]]) {
            const told = await cli("release", ...args, "--to", "v2");
            assert.equal(told.code, 2, told.stdout);
            const [, fix = ""] =
                /decide for shop yet.*\n {2}fix: pulumi config set-all --cwd \S+ --path (.*) && pulumi up --cwd \S+\n/.exec(
                    told.stderr,
                ) ?? [];
            assert.equal(fix, "--plaintext weights.shop.v1=100 --plaintext weights.shop.v2=0", told.stderr);
        }
        assert.match(await well("rollback", "--all"), /All users of product, review are on their stable versions/);
        await set("weights.shop.v1=100", "weights.shop.v2=0");
        await theirs.succeed("up", "--yes", "--skip-preview");
        assert.deepEqual(await live(), [0, 0, 0]);
    });
    it("is named where a release of one of its services alone is asked for", async () => {
        const { code, stderr } = await cli("release", "review", "--to", "v2");
        assert.equal(code, 2, stderr);
        assert.match(stderr, /review is part of the chain shop: .*\n {2}fix: name the chain: shop/);
    });
    it("is what every word to one of its services is about, and none where nothing is released", async () => {
        const meant = /review is part of the chain shop, whose edge decides for all its services: it is done to shop/;
        for (const args of [["pause"], ["resume"], ["promote"], ["step"], ["retry"], ["goto", "50"], ["finish"]]) {
            const [verb = "", ...more] = args;
            const { code, stdout, stderr } = await cli(verb, "review", ...more);
            assert.notEqual(code, 0, stdout);
            assert.match(stdout, meant);
            assert.match(
                stderr,
                verb === "finish" ? /shop and is stable already/ : /nothing of a release of shop\./,
                verb,
            );
        }
        assert.match(await well("rollback", "review"), /All users of shop are on v1, and no release is declared/);
        const { code, stderr } = await cli("pause", "reviw");
        assert.equal(code, 2);
        assert.match(stderr, /splits no service reviw.*\n {2}fix: name it: review/);
    });
    it("does not begin where its header can't be proven to reach the last hop, and nothing is written", async () => {
        const before = await config("weights");
        for (const steps of ["25,50,100", "header,25,50,100"]) {
            await set("canaryHeader.name=X-group", "canaryHeader.exact=test");
            const told = await cli("release", "review", "product", "--chain", "--to", "v2", "--steps", steps);
            assert.notEqual(told.code, 0, told.stdout);
            // No pod runs here that could ask.
            assert.match(told.stderr, /No pod in namespace theirs has the mesh's proxy/);
        }
        assert.deepEqual([await config("weights"), await live()], [before, [0, 0, 0]]);
        assert.equal(((await config("canaryHeader")) as Record<string, string>).to, undefined);
    });
    it("goes on from a share that it finds, by the edge's one weight, and leaves those of its services", async () => {
        await set("weights.shop.v1=75", "weights.shop.v2=25");
        await theirs.succeed("up", "--yes", "--skip-preview");
        await set("release.shop.to=v2", "release.shop.steps=25,50,100", "release.shop.promoted=25");
        const told = await cli("release", "review", "--chain", "--once", "--json");
        assert.equal(told.code, 3, told.stderr);
        assert.match(told.stdout, /"goesOnFrom":"25"/);
        assert.deepEqual(await live(), [50, 0, 0]);
        assert.match((await messages()).at(-1) ?? "", /^upshift: shop v2: 50, by /);
    });
    it("is where the status says, and in the history by its own name", async () => {
        const { releases } = JSON.parse(await well("status", "--json")) as { releases: Record<string, unknown>[] };
        assert.deepEqual(
            releases.map(({ service, at, share, state }) => [service, at, share, state]),
            [["shop", "50", 50, "under way"]],
        );
        assert.match(await well("history"), /shop v1 75 → 50, shop v2 25 → 50/);
    });
    it("hears a word, by any of its services, and goes back to where an earlier update had it", async () => {
        await well("pause", "product");
        assert.match(await well("status"), /paused/);
        await well("resume", "shop");
        await well("undo", "--yes");
        assert.deepEqual(await live(), [25, 0, 0]);
    });
    it("takes its next step alone, once somebody has let it go on, and goes to any other", async () => {
        await theirs.succeed("config", "rm", "--path", "release.shop.aborted");
        await well("promote", "review");
        const told = await cli("step", "product", "--json");
        assert.equal(told.code, 3, told.stderr);
        assert.deepEqual(await live(), [50, 0, 0]);
        await well("goto", "review", "25");
        assert.deepEqual(await live(), [25, 0, 0]);
        await well("goto", "review", "100");
        assert.deepEqual(await live(), [100, 0, 0]);
    });
    it("comes back step by step, an update each", async () => {
        const before = (await messages()).length;
        await well("rollback", "review", "--gradual", "--bake", "0s");
        assert.deepEqual(await live(), [0, 0, 0]);
        assert.deepEqual(
            (await messages()).slice(before).map((one) => /^upshift: ([^:]*):/.exec(one)?.[1]),
            [50, 25, 0].map((share) => `back step by step, shop ${share}`),
        );
    });
    it("is started again by retry, and goes on from the share that it has", async () => {
        await set("weights.shop.v1=75", "weights.shop.v2=25", "release.shop.promoted=25");
        await set("release.shop.bake=0s", "release.shop.timeout=1s");
        await theirs.succeed("up", "--yes", "--skip-preview");
        const told = await cli("retry", "review", "--json");
        // Nobody is asked by this cluster's proxies: the next step can't be judged, and is held.
        assert.equal(told.code, 3, told.stderr);
        assert.match(told.stdout, /"goesOnFrom":"25"/);
        assert.deepEqual(await live(), [50, 0, 0]);
        for (const key of ["bake", "timeout"]) await theirs.succeed("config", "rm", "--path", `release.shop.${key}`);
    });
    it("comes back by one update, and does not start again by itself", async () => {
        const before = (await messages()).length;
        await well("abort", "review");
        const all = await messages();
        assert.deepEqual([await live(), all.length], [[0, 0, 0], before + 1]);
        assert.match(all.at(-1) ?? "", /^upshift: shop back to v1: somebody asked for it, by /);
        assert.match((await cli("release", "shop")).stderr, /shop v2 was aborted.*\n {2}fix: npx upshift release shop/);
        assert.match(await well("rollback", "--all"), /All users of shop are on their stable versions/);
    });
    it("is finished: those who come by another way follow in steps, then all call the version stable", async () => {
        await set("weights.shop.v1=50", "weights.shop.v2=50");
        await theirs.succeed("up", "--yes", "--skip-preview");
        await well("goto", "shop", "100", "--again");
        assert.deepEqual(await live(), [100, 0, 0]);
        const before = (await messages()).length;
        const said = await well("finish", "shop");
        assert.deepEqual(await live(), [100, 100, 100]);
        assert.deepEqual(
            (await messages()).slice(before).map((message) => /^upshift: ([^;]*?)(?:;|, by )/.exec(message)?.[1]),
            [
                "the services of shop follow their edge, 1 of 2",
                "the services of shop follow their edge, 2 of 2",
                "shop: v2 is the stable version",
            ],
        );
        for (const name of services) assert.match(said, new RegExp(`v2 is the stable version of ${name}`));
        assert.deepEqual(await config("stable"), { product: "v2", review: "v2" });
        assert.deepEqual(await config("release"), { shop: { previous: "v1", steps: "25,50,100" } });
        assert.match(await well("rollback", "--all"), /All users of shop are on their stable versions/);
    });
});

/** A destination of a rule, as the cluster has it. */
interface Destination {
    readonly destination: { readonly subset?: string };
    readonly headers?: { readonly request: { readonly set: Readonly<Record<string, string>> } };
    readonly weight?: number;
}

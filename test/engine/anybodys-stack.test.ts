import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import type { Verification } from "../../rollout/verify";
import { startCluster, type TestCluster } from "../support/apiserver";
import { type Told, upshift } from "../support/cli";
import { sandbox, type Sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";

const up = ["up", "--yes", "--skip-preview"];
const routes = "/apis/networking.istio.io/v1/namespaces/theirs/virtualservices/review-routes";

/** A user's own project, of which nothing is known here but its folder: state and cluster say all that is told. */
describe("the CLI in a project that is not ours", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    const projects: Sandbox[] = [];

    before(async () => (cluster = await startCluster(defineMeshKinds)));
    after(async () => {
        projects.forEach((one) => one.remove());
        await cluster?.stop();
    });

    /**
     * @param opts of its resources, as source.
     * @param namespace in which it has a cluster to itself.
     */
    const project = async (opts: string, namespace: string, environment: Record<string, string> = {}) => {
        const files = { "index.ts": source(opts, namespace), "told.json": '{ "v2": 20 }', "deep/down/readme": "" };
        const made = await sandbox(files, environment);
        projects.push(made);
        await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
        return made;
    };
    const told = (of: Sandbox, ...args: string[]): Promise<Told> =>
        upshift([...args, "--cwd", of.folder], { ...process.env, ...of.environment });
    const weigh = (v2: number) => {
        const route = [100 - v2, v2].map((weight, at) => ({
            destination: { host: "review", subset: `v${at + 1}` },
            weight,
        }));
        const spec = { hosts: ["review"], http: [tester, { route }] };
        const contentType = "application/merge-patch+json";
        return cluster.request("PATCH", `${routes}?fieldManager=kubectl-patch`, { spec }, { contentType });
    };

    describe("that splits a service", () => {
        let theirs: Sandbox;
        before(async () => {
            theirs = await project(providerOf(JSON.stringify(cluster.kubeconfig)), "theirs");
            await theirs.succeed(...up);
        });

        it("tells who is served by what, also from a folder below it", async () => {
            const { code, stdout, stderr } = await told(theirs, "status");
            assert.equal(code, 0, stderr);
            assert.match(stdout, /store .*v1 80 %, v2 20 % .*requests with X-Group: test → v2 .*mesh .*v1/);
            assert.match(stdout, /cluster: context test of \//);
            const deep = path.join(theirs.folder, "deep", "down");
            const json = await upshift(["status", "--cwd", deep, "--json"], { ...process.env, ...theirs.environment });
            const { splits, weights, live } = JSON.parse(json.stdout) as Record<string, unknown>;
            assert.deepEqual(weights, { store: { v1: 80, v2: 20 } });
            assert.deepEqual(live, { seen: true, findings: [] });
            assert.deepEqual(splits, [
                {
                    service: "store",
                    by: "mesh",
                    host: "review.theirs.svc.cluster.local",
                    entry: "mesh",
                    stable: "v1",
                    weights: { v1: 80, v2: 20 },
                    special: [{ who: "requests with X-Group: test", to: "v2" }],
                },
            ]);
        });
        it("tells where a request goes, and which service was meant by one that is not there", async () => {
            const { code, stdout } = await told(theirs, "route", "review");
            assert.equal(code, 0, stdout);
            assert.match(stdout, /⇒ 80 % v1 of review\.theirs, 20 % v2 of review\.theirs/);
            const tests = await told(theirs, "route", "review", "--header", "x-group=test");
            assert.match(tests.stdout, /⇒ v2 of review\.theirs/);
            const wrong = await told(theirs, "route", "reviw");
            assert.equal(wrong.code, 2);
            assert.match(wrong.stderr, /knows no service reviw; it knows review\.\n {2}fix: name it: review$/m);
        });
        it("judges the step that its program would make, by a preview", async () => {
            theirs.write({ "told.json": '{ "v2": 45 }' });
            const may = await told(theirs, "guard");
            assert.equal(may.code, 0, may.stderr);
            assert.match(
                may.stdout,
                /~ store(?: in theirs)?: v1 80 %, v2 20 % → v1 55 %, v2 45 %.*\nThe step may go ahead\.$/m,
            );
            theirs.write({ "told.json": '{ "v2": 90 }' });
            const { code, stdout } = await told(theirs, "guard", "--json");
            assert.equal(code, 1, stdout);
            const { judged, findings } = JSON.parse(stdout) as { judged: boolean; findings: { message: string }[] };
            assert.equal(judged, true);
            assert.match(
                findings[0]?.message ?? "",
                /^store in theirs: v2 20 → 90 is a raise of 70 points; at most 25 a step/,
            );
            theirs.write({ "told.json": "{" });
            assert.equal((await told(theirs, "guard")).code, 2);
            theirs.write({ "told.json": '{ "v2": 20 }' });
        });
        it("has its split measured at a URL, by the header of the answers that says the version", async () => {
            const shop = await Shop.open();
            const verify = (...args: string[]): Promise<Told> =>
                told(theirs, "verify", "store", "--url", shop.url, "--requests", "300", "--rate", "600", ...args);
            const byVersion = ["--version-header", "X-Version", "--host", "shop.example.com"];
            try {
                const well = await verify(...byVersion, "--method", "POST", "--body", "a cart", "--json");
                assert.equal(well.code, 0, well.stdout + well.stderr);
                const { requests, failed, shares } = JSON.parse(well.stdout) as Verification;
                assert.deepEqual([requests, failed], [300, 0]);
                assert.deepEqual(
                    shares.map(({ version, count }) => [version, count]),
                    [
                        ["v1", 240],
                        ["v2", 60],
                    ],
                );
                assert.deepEqual(shop.last, {
                    method: "POST",
                    host: "shop.example.com",
                    path: "/cart?full=1",
                    body: "a cart",
                });
                const off = await verify(...byVersion, "--header", "x-group=test");
                assert.equal(off.code, 1, off.stdout + off.stderr);
                assert.match(off.stdout, /v2 .* 100 % .* 20\.0 %  off/);
                shop.status = 404;
                assert.equal((await verify(...byVersion)).code, 1);
                assert.equal((await verify(...byVersion, "--expect-status", "2xx,404")).code, 0);
                shop.status = 200;
                const untold = await verify();
                assert.equal(untold.code, 2, untold.stdout);
                assert.match(untold.stderr, /No answer of .* says which version[^]*fix: .*--version-header NAME/);
            } finally {
                shop.close();
            }
        });
        it("is told of what somebody else has done to the cluster, and how that is given back", async () => {
            await weigh(70);
            const { code, stdout, stderr } = await told(theirs, "status");
            assert.equal(code, 1, stderr);
            assert.match(stderr, /kubectl-patch has written VirtualService theirs\/review-routes .*v2 20 → 70/);
            assert.match(stderr, /fix: .*npx upshift restore store --cwd \.$/m);
            assert.match(stdout, /v1 80 %, v2 20 %/);
            await weigh(20);
            assert.equal((await told(theirs, "status")).code, 0);
        });
        it("is told of what is gone", async () => {
            const deployments = "/apis/apps/v1/namespaces/theirs/deployments/review-v2";
            await cluster.request("DELETE", deployments);
            const { code, stderr } = await told(theirs, "status");
            assert.equal(code, 1, stderr);
            assert.match(stderr, /Deployment theirs\/review-v2 is in the state, but not in the cluster\./);
        });
        it("is told how to get at a state that needs a login", async () => {
            const nobody = fs.mkdtempSync(path.join(os.tmpdir(), "no-login-"));
            const environment: NodeJS.ProcessEnv = { ...process.env, ...theirs.environment };
            delete environment.PULUMI_BACKEND_URL;
            for (const command of ["status", "guard"]) {
                const { code, stderr } = await upshift([command, "--cwd", theirs.folder], {
                    ...environment,
                    PULUMI_CREDENTIALS_PATH: nobody,
                });
                assert.equal(code, 2, stderr);
                assert.match(stderr, /PULUMI_ACCESS_TOKEN must be set[^]*fix: .*PULUMI_BACKEND_URL.*pulumi login/);
            }
            fs.rmSync(nobody, { recursive: true });
        });
        it("is told which stacks there are, where it has none of the name", async () => {
            for (const command of [["status"], ["graph"], ["route", "review"]]) {
                const { code, stderr } = await told(theirs, ...command, "--stack", "dve");
                assert.equal(code, 2, stderr);
                assert.match(stderr, /There is no stack dve in the project .*; there is dev\.\n {2}fix: --stack dev$/m);
            }
        });
    });

    it("finds a cluster whose kubeconfig is a secret, and shows it to nobody", async () => {
        const contents = fs.readFileSync(cluster.kubeconfig, "utf8");
        const [, token = ""] = /token"?: ?"?(\w{32})/.exec(contents) ?? [];
        assert.equal(token.length, 32);
        const theirs = await project(
            providerOf(`pulumi.secret(fs.readFileSync(${JSON.stringify(cluster.kubeconfig)}, "utf8"))`),
            "hidden",
        );
        await theirs.succeed(...up);
        const { code, stdout, stderr } = await told(theirs, "status", "--json");
        assert.equal(code, 0, stderr);
        assert.equal((JSON.parse(stdout) as { live: { seen: boolean } }).live.seen, true);
        assert.ok(!`${stdout}${stderr}`.includes(token));
        const closed = { ...process.env, ...theirs.environment, PULUMI_CONFIG_PASSPHRASE: "another" };
        const wrong = await upshift(["status", "--cwd", theirs.folder], closed);
        assert.equal(wrong.code, 2, wrong.stderr);
        assert.match(wrong.stderr, /passphrase[^]*fix: set PULUMI_CONFIG_PASSPHRASE/);
    });
    it("asks the user's own kubeconfig where the provider leaves it open, and says what it is not on", async () => {
        const theirs = await project("{}", "ambient", { KUBECONFIG: cluster.kubeconfig });
        await theirs.succeed(...up);
        const { code, stdout, stderr } = await told(theirs, "status");
        assert.equal(code, 0, stderr);
        assert.match(stdout, /cluster: the current context of \$KUBECONFIG/);
        theirs.write({ "told.json": '{ "v2": 30 }' });
        const { code: planned, stdout: plan } = await told(theirs, "plan", "--json");
        assert.deepEqual([planned, (JSON.parse(plan) as { live: object }).live], [0, { seen: true }], plan);
        const other = await startCluster(defineMeshKinds);
        try {
            const elsewhere = { ...process.env, ...theirs.environment, KUBECONFIG: other.kubeconfig };
            const missed = await upshift(["status", "--cwd", theirs.folder], elsewhere);
            assert.equal(missed.code, 1, missed.stderr);
            assert.match(missed.stderr, /The cluster has nothing of what stack dev has applied/);
        } finally {
            await other.stop();
        }
    });
    it("says what is missing where there is nothing to tell of: project, update, split", async () => {
        const nowhere = fs.mkdtempSync(path.join(os.tmpdir(), "no-project-"));
        try {
            const none = await upshift(["status", "--cwd", nowhere]);
            assert.equal(none.code, 2);
            assert.match(none.stderr, /There is no Pulumi\.yaml in .* nor above it[^]*fix: [^]*--cwd FOLDER$/m);
            const absent = await upshift(["status", "--cwd", path.join(nowhere, "absent")]);
            assert.match(absent.stderr, /There is no folder .*absent\.\n {2}fix: /);
        } finally {
            fs.rmSync(nowhere, { recursive: true });
        }
        const empty = await sandbox({ "index.ts": "export const nothing = 1;\n" });
        projects.push(empty);
        const fresh = await told(empty, "status");
        assert.equal(fresh.code, 2);
        assert.match(
            fresh.stderr,
            /Nothing is applied of stack dev: its state is empty\.\n {2}fix: pulumi up --stack dev/,
        );
        await empty.succeed(...up);
        const bare = await told(empty, "status");
        assert.equal(bare.code, 2);
        assert.match(bare.stderr, /Stack dev splits no service: none of the 1 resources[^]*fix: .*TrafficSplit/);
        const graph = await told(empty, "graph");
        assert.equal(graph.code, 2);
        assert.match(graph.stderr, /names no cluster to look at/);
    });
});

/** A service's gateway, of which every fifth answer is v2's. */
class Shop {
    status = 200;
    last: object = {};
    private answered = 0;
    private readonly server = http.createServer((request, response) => void this.answer(request, response));

    private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
        const { method, url: path, headers } = request;
        this.last = { method, host: headers.host, path, body: await text(request) };
        const version = this.answered++ % 5 === 0 ? "v2" : "v1";
        response.writeHead(this.status, { "x-version": version }).end("a page");
    }

    static async open(): Promise<Shop> {
        const shop = new Shop();
        shop.server.listen(0, "127.0.0.1");
        await once(shop.server, "listening");
        return shop;
    }

    get url(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/cart?full=1`;
    }

    close(): void {
        this.server.closeAllConnections();
        this.server.close();
    }
}

const tester = {
    match: [{ headers: { "X-Group": { exact: "test" } } }],
    route: [{ destination: { host: "review", subset: "v2" } }],
};

const providerOf = (kubeconfig: string): string =>
    `{ provider: new k8s.Provider("theirs", { kubeconfig: ${kubeconfig}, context: "test" }) }`;

function source(opts: string, namespace: string): string {
    return `
import * as fs from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const { v2 } = JSON.parse(fs.readFileSync("told.json", "utf8"));
const opts = ${opts};
const annotations = { "pulumi.com/skipAwait": "true", "pulumi.com/patchForce": "true" };
const namespace = "${namespace}";
new k8s.core.v1.Service(
    "review",
    { metadata: { name: "review", namespace, annotations }, spec: { selector: { app: "review" }, ports: [{ name: "http", port: 80 }] } },
    opts,
);
for (const version of ["v1", "v2"]) {
    const labels = { app: "review", version };
    const template = { metadata: { labels }, spec: { containers: [{ name: "review", image: "demo:" + version }] } };
    new k8s.apps.v1.Deployment(
        "review-" + version,
        { metadata: { name: "review-" + version, namespace, annotations }, spec: { replicas: 1, selector: { matchLabels: labels }, template } },
        opts,
    );
}
const istio = (kind: string, name: string, marks: Record<string, string>, spec: object) =>
    new k8s.apiextensions.CustomResource(
        name,
        { apiVersion: "networking.istio.io/v1", kind, metadata: { name, namespace, annotations: marks }, spec },
        opts,
    );
istio("DestinationRule", "review-subsets", {}, { host: "review", subsets: ["v1", "v2"].map((name) => ({ name, labels: { version: name } })) });
istio(
    "VirtualService",
    "review-routes",
    { "upshift.dev/service": "store", "upshift.dev/stable": "v1", "upshift.dev/max-raise": "25" },
    {
        hosts: ["review"],
        http: [
            ${JSON.stringify(tester)},
            { route: [["v1", 100 - v2], ["v2", v2]].map(([subset, weight]) => ({ destination: { host: "review", subset }, weight })) },
        ],
    },
);
`;
}

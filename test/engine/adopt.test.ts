import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../cluster/paths";
import type { Body } from "../../components/traffic/world/values";
import { startCluster, type TestCluster } from "../support/apiserver";
import { type Told, upshift } from "../support/cli";
import { sandbox, type Sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";
import { asked, header, split } from "../support/theirRoutes";

const mesh = "/apis/networking.istio.io/v1/namespaces/shop";
const up = ["up", "--yes", "--skip-preview"];
/** As the command prints it: what others have written is taken over once. */
const takeOver = { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" };

/** A real API server with a Service in two versions, whose routes a hand and another program have written. */
describe("upshift adopt vs/NAME, by Pulumi's engine and an API server", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    let project: Sandbox;

    const adopt = (...args: string[]): Promise<Told> => {
        const all = ["adopt", ...args, "-n", "shop", "--context", "test", "--kubeconfig", cluster.kubeconfig];
        return upshift(all, { ...process.env, ...project.environment });
    };
    const live = async (
        plural: string,
        name: string,
    ): Promise<{
        metadata: { labels: Record<string, string>; annotations: Record<string, string> };
        spec: { http: { route: object[]; retries: object }[] };
    }> => (await cluster.request("GET", `${mesh}/${plural}/${name}`)) as never;
    const inProject = (file: string): string => path.join(project.folder, file);
    const files = (): string[] => fs.readdirSync(project.folder).sort();

    before(async () => {
        cluster = await startCluster(defineMeshKinds);
        await make(cluster, "cart", "helm-like-program");
        project = await sandbox({ "index.ts": 'import "./cart-split";\n' }, { KUBECONFIG: cluster.kubeconfig });
    });
    after(async () => {
        project?.remove();
        await cluster?.stop();
    });

    it("prints the program, the config, the import and the commands, and writes nothing", async () => {
        const before = files();
        const { code, stdout, stderr } = await adopt("vs/cart-routes");
        assert.equal(code, 0, stderr);
        assert.match(stdout, /cart-routes: v1 80 %, v2 20 %\. Nobody is moved/);
        assert.match(stdout, /new file: cart-split\.ts\n\+ import \* as pulumi/);
        assert.match(
            stdout,
            /left out: VirtualService cart-routes: spec\.http\[0\]\.name: a TrafficSplit names its rules/,
        );
        assert.match(stdout, /pulumi import --file adopt-cart\.json .*\n.*pulumi preview --diff.*\n.*pulumi up/);
        assert.deepEqual(files(), before);
    });
    it("is imported, moves nobody by its first update, and changes nothing after it", async () => {
        const { code, stdout, stderr } = await adopt("vs/cart-routes", "--write", project.folder);
        assert.equal(code, 0, stdout + stderr);
        ours(inProject("cart-split.ts"));
        const before = await live("virtualservices", "cart-routes");
        await project.succeed(
            "import",
            "--file",
            "adopt-cart.json",
            "--generate-code=false",
            "--protect=false",
            "--yes",
        );
        const first = await run(project, ["preview", "--diff"]);
        assert.doesNotMatch(first, /^\s*~ cart: /m, "somebody would move");
        assert.doesNotMatch(first, /\b(create|delete|replace)\b/);
        await run(project, up);
        await project.succeed("preview", "--expect-no-changes");
        const after = await live("virtualservices", "cart-routes");
        assert.deepEqual(
            after.spec.http.map(({ route }) => route),
            before.spec.http.map(({ route }) => route),
        );
    });
    it("keeps what a TrafficSplit has no words for, and its text passes the compiler", async () => {
        const rule = (await project.resources()).find(({ urn }) => urn.endsWith("DestinationRule::cart-versions"));
        const { trafficPolicy } = rule?.inputs?.spec as { trafficPolicy?: object };
        assert.deepEqual(trafficPolicy, { connectionPool: { http: { http1MaxPendingRequests: 7 } } });
        const { metadata, spec } = await live("virtualservices", "cart-routes");
        const routes = (await project.resources()).find(({ urn }) => urn.endsWith("VirtualService::cart-routes"));
        for (const { labels, annotations } of [metadata, routes?.inputs?.metadata as typeof metadata]) {
            assert.equal(labels["istio.io/rev"], "canary");
            assert.equal(annotations["external-dns.alpha.kubernetes.io/target"], "lb.example");
            assert.equal(annotations["upshift.dev/service"], "cart");
        }
        for (const { retries } of spec.http) assert.deepEqual(retries, { attempts: 3, perTryTimeout: "1s" });
        const settings = { extends: path.join(projectRoot(), "tsconfig.json"), files: ["cart-split.ts"], include: [] };
        project.write({ "tsconfig.json": JSON.stringify(settings) });
        const compiler = path.join(projectRoot(), "node_modules/typescript/bin/tsc");
        await promisify(execFile)(process.execPath, [compiler, "--noEmit", "-p", project.folder]).catch(
            ({ stdout }: { stdout: string }) => assert.fail(stdout),
        );
        fs.rmSync(inProject("tsconfig.json"));
    });
    it("goes on by steps: one is made, and a jump is refused", async () => {
        const weights = (v2: number): Promise<string> =>
            project.succeed(
                "config",
                "set-all",
                "--path",
                "--plaintext",
                `weights.cart.v1=${100 - v2}`,
                "--plaintext",
                `weights.cart.v2=${v2}`,
            );
        await weights(45);
        assert.match(await project.succeed("preview"), /~ cart: v1 80 → 55, v2 20 → 45/);
        await project.succeed(...up);
        await weights(95);
        const { code, output } = await project.pulumi("preview");
        assert.notEqual(code, 0);
        assert.match(output, /v2 45 → 95 is a raise of 50 points/);
        await weights(45);
    });
    it("is refused to a second stack, with whose it is, and writes nothing", async () => {
        const folder = `${project.folder}-second`;
        const { code, stderr } = await adopt("vs/cart-routes", "--write", folder);
        assert.equal(code, 1);
        assert.match(
            stderr,
            /VirtualService shop\/cart-routes: is another Pulumi stack's \(written by pulumi-kubernetes-[0-9a-f]+\)/,
        );
        assert.match(stderr, /\n {2}fix: .*pulumi state delete/);
        assert.equal(fs.existsSync(folder), false);
    });
    it("writes over nothing: not over a program, and not over another weight in the config", async () => {
        await make(cluster, "wish", "kubectl-create");
        project.write({ "wish-split.ts": "// mine\n" });
        const [config, all] = [fs.readFileSync(inProject("Pulumi.dev.yaml"), "utf8"), files()];
        const program = await adopt("vs/wish-routes", "--write", project.folder);
        assert.equal(program.code, 2);
        assert.match(
            program.stderr,
            /Nothing was written\.\n.*wish-split\.ts: is there, and says something else[^]*\n {2}fix: /,
        );
        fs.rmSync(inProject("wish-split.ts"));
        project.write({ "Pulumi.dev.yaml": config.replace(/( +)cart:\n/, "$1wish: { v1: 1, v2: 99 }\n$&") });
        const other = await adopt("vs/wish-routes", "--write", project.folder);
        assert.equal(other.code, 2);
        assert.match(other.stderr, /weights\.wish is \{"v1":1,"v2":99\} there, and \{"v1":80,"v2":20\} in the cluster/);
        project.write({ "Pulumi.dev.yaml": config });
        assert.deepEqual(
            files(),
            all.filter((file) => file !== "wish-split.ts"),
        );
    });
    it("adds to a config that is there what it lacks, and leaves the rest as it is written", async () => {
        const before = `# by hand\n${fs.readFileSync(inProject("Pulumi.dev.yaml"), "utf8")}`;
        project.write({ "Pulumi.dev.yaml": before });
        const { code, stdout, stderr } = await adopt("vs/wish-routes", "--write", project.folder);
        assert.equal(code, 0, stdout + stderr);
        const after = fs.readFileSync(inProject("Pulumi.dev.yaml"), "utf8");
        const lines = after.split("\n");
        assert.deepEqual(
            before.split("\n").filter((line) => !lines.includes(line)),
            [],
            "lines of what was there are others",
        );
        assert.match(await project.succeed("config", "get", "--path", "weights.wish.v2"), /^20$/m);
        assert.match(await project.succeed("config", "get", "--path", "weights.cart.v2"), /^45$/m);
    });
    it("makes a whole project where there is none", async () => {
        const folder = `${project.folder}-fresh`;
        const { code, stdout, stderr } = await adopt("vs/wish-routes", "--write", folder);
        assert.equal(code, 0, stdout + stderr);
        assert.deepEqual(fs.readdirSync(folder).sort(), [
            ...["Pulumi.dev.yaml", "Pulumi.yaml", "adopt-wish.json", "index.ts", "package.json", "wish-split.ts"],
        ]);
        assert.match(stdout, /npm install --prefix [^]*pulumi stack select --create dev/);
    });
    it("says what is not there, and what is no object to adopt, with the way on", async () => {
        const missing = await adopt("vs/nowhere");
        assert.equal(missing.code, 2);
        assert.match(missing.stderr, /VirtualService shop\/nowhere is not in the cluster\.\n {2}fix: kubectl get/);
        const unknown = await adopt("ingress/cart");
        assert.equal(unknown.code, 2);
        assert.match(unknown.stderr, /"ingress\/cart" is nothing that can be adopted: it takes vs\/NAME/);
    });
});

/** Somebody who has no checkout has the package by its name. */
function ours(file: string): void {
    const component = JSON.stringify(path.join(projectRoot(), "components"));
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace('"upshift"', component));
}

async function run(project: Sandbox, args: readonly string[]): Promise<string> {
    Object.assign(project.environment, takeOver);
    try {
        return await project.succeed(...args);
    } finally {
        for (const name of Object.keys(takeOver)) delete (project.environment as Record<string, unknown>)[name];
    }
}

/** A Service with pods in two versions, and routes that are not ours. */
async function make({ request }: TestCluster, name: string, manager: string): Promise<void> {
    const metadata = (own: string): Body => ({ name: own, namespace: "shop" });
    await request("POST", "/api/v1/namespaces", { metadata: { name: "shop" } }, { accept: [409] });
    await request("POST", "/api/v1/namespaces/shop/services", {
        metadata: metadata(name),
        spec: { selector: { app: name }, ports: [{ name: "http", port: 80 }] },
    } as never);
    for (const version of ["v1", "v2"]) {
        const labels = { app: name, version };
        const template = { metadata: { labels }, spec: { containers: [{ name, image: `${name}:${version}` }] } };
        await request("POST", "/apis/apps/v1/namespaces/shop/deployments", {
            metadata: metadata(`${name}-${version}`),
            spec: { replicas: 2, selector: { matchLabels: labels }, template },
        } as never);
    }
    const more = { retries: { attempts: 3, perTryTimeout: "1s" } };
    const rules = JSON.parse(
        JSON.stringify([asked(header(), "v2", { name: "crew", ...more }), split(80, 20, more)]).replaceAll(
            '"cart"',
            JSON.stringify(name),
        ),
    ) as object[];
    const objects = {
        virtualservices: { kind: "VirtualService", name: `${name}-routes`, spec: { hosts: [name], http: rules } },
        destinationrules: {
            kind: "DestinationRule",
            name: `${name}-versions`,
            spec: {
                host: name,
                trafficPolicy: { connectionPool: { http: { http1MaxPendingRequests: 7 } } },
                subsets: ["v1", "v2"].map((version) => ({ name: version, labels: { version } })),
            },
        },
    };
    const theirs = {
        labels: { "istio.io/rev": "canary" },
        annotations: { "external-dns.alpha.kubernetes.io/target": "lb.example" },
    };
    for (const [plural, { kind, name: own, spec }] of Object.entries(objects))
        await request("POST", `${mesh}/${plural}?fieldManager=${manager}`, {
            apiVersion: "networking.istio.io/v1",
            kind,
            metadata: { ...metadata(own), ...theirs },
            spec,
        } as never);
}

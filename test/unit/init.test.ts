import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { describe as inWords } from "../../components/traffic/judge/words";
import { judge } from "../../components/traffic/judge/judge";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import { overlay, type World } from "../../components/traffic/world/world";
import { specifierOf } from "../../rollout/adopt/entry";
import { writeFiles } from "../../rollout/adopt/files";
import { projectAt } from "../../rollout/adopt/project";
import { objectsOf } from "../../rollout/adopt/proposal";
import { initialFiles } from "../../rollout/init/files";
import { type FirstSplit, firstSplit, wholeShares } from "../../rollout/init/split";
import { actions, pulumiVersion, workflowText } from "../../rollout/init/workflow";
import { projectRoot } from "../../cluster/paths";

const object = (kind: string, value: object): Placed => placed(kind, value as unknown as Body);
const istiod = object("Service", {
    metadata: { name: "istiod", namespace: "istio-system", labels: { app: "istiod", "istio.io/rev": "default" } },
    spec: { selector: { app: "istiod" }, ports: [] },
});
const web = (selector: object = { app: "web" }): Placed =>
    object("Service", {
        metadata: { name: "web", namespace: "shop" },
        spec: { selector, ports: [{ name: "http", port: 80 }] },
    });
/** A Deployment of the service, with labels beside `app`. */
const pods = (name: string, labels: object, replicas = 1): Placed =>
    object("Deployment", {
        apiVersion: "apps/v1",
        metadata: { name, namespace: "shop" },
        spec: { replicas, template: { metadata: { labels: { app: "web", ...labels } }, spec: {} } },
        status: { readyReplicas: replicas },
    });
const worldOf = (...objects: Placed[]): World => ({ objects: [istiod, ...objects], isWhole: true });
const proxied = [{ namespace: "shop", labels: { app: "web" }, hasProxy: true }];
const found = (world: World, versionLabel?: string) =>
    firstSplit(world, proxied, { namespace: "shop", name: "web", versionLabel });
const splitIn = (world: World, versionLabel?: string): FirstSplit => {
    const { split, problems } = found(world, versionLabel);
    return split ?? assert.fail(JSON.stringify(problems));
};
const problemsIn = (world: World, versionLabel?: string): string =>
    found(world, versionLabel)
        .problems.map(({ at, message, fix }) => `${at}: ${message}; ${fix}`)
        .join("\n");

describe("the split that upshift init makes", () => {
    it("is what the pods serve today, so that nobody is moved", () => {
        const world = worldOf(web(), pods("web-v1", { version: "v1" }, 3), pods("web-v2", { version: "v2" }, 1));
        const { args } = splitIn(world);
        assert.deepEqual(args.weights, { v1: 75, v2: 25 });
        assert.deepEqual([args.versions, args.versionLabel, args.step], [["v1", "v2"], undefined, undefined]);
        const { routes, subsets } = objectsOf("web", args);
        const after = overlay(world, [subsets, routes]);
        assert.deepEqual(
            judge([{ readFrom: "cluster", before: world, after }], { maxRaise: 0 }).findings.map(inWords),
            [],
        );
    });
    it("finds the label that tells versions apart, and names versions as Istio takes them", () => {
        const helm = (version: string): object => ({
            "app.kubernetes.io/version": version,
            "pod-template-hash": version,
        });
        const { args } = splitIn(worldOf(web(), pods("b", helm("1.26.0")), pods("a", helm("1.9.0"))));
        assert.deepEqual(args.versions, ["v1-9-0", "v1-26-0"]);
        assert.equal(args.versionLabel, "app.kubernetes.io/version");
        assert.deepEqual(args.labelValues, { "v1-9-0": "1.9.0", "v1-26-0": "1.26.0" });
    });
    it("calls the version with most users stable, and counts several workloads of one version together", () => {
        const { args } = splitIn(
            worldOf(
                web(),
                pods("old", { version: "v1" }, 1),
                pods("new-a", { version: "v2" }, 2),
                pods("new-b", { version: "v2" }, 1),
            ),
        );
        assert.deepEqual([args.weights, args.step], [{ v1: 25, v2: 75 }, { stable: "v2" }]);
    });
    it("says what whole weights can't say", () => {
        const three = ["v1", "v2", "v3"].map((version) => pods(`web-${version}`, { version }));
        const { args, notes } = splitIn(worldOf(web(), ...three));
        assert.deepEqual(args.weights, { v1: 34, v2: 33, v3: 33 });
        assert.match(notes.join(), /v1 33\.3 %, v2 33\.3 %, v3 33\.3 % today, and weights are whole/);
    });
    it("is refused where it would move somebody by more than what is rounded", () => {
        const three = ["v1", "v2", "v3"].map((version) => pods(`web-${version}`, { version }));
        const rule = object("DestinationRule", {
            metadata: { name: "theirs", namespace: "shop" },
            spec: { host: "web", subsets: [{ name: "v1", labels: { version: "v2" } }] },
        });
        assert.match(problemsIn(worldOf(web(), ...three, rule)), /who would move/);
    });
    it("has weights that are whole, sum to 100, and are less than a point from the shares", () => {
        fc.assert(
            fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 12 }), (counts) => {
                const all = counts.reduce((sum, one) => sum + one, 0);
                const shares = counts.map((one) => (100 * one) / all);
                const whole = wholeShares(shares);
                assert.equal(
                    whole.reduce((sum, one) => sum + one, 0),
                    100,
                );
                whole.forEach((one, index) => {
                    assert.ok(Number.isInteger(one) && Math.abs(one - (shares[index] ?? 0)) < 1);
                });
            }),
        );
    });
    it("is refused with the way out where there is no mesh, no label, no selector, no proxy or no such Service", () => {
        const v1 = pods("web-v1", { version: "v1" });
        assert.match(problemsIn({ objects: [web(), v1], isWhole: true }), /no Istio.*istioctl install/);
        assert.match(
            problemsIn(worldOf(web(), pods("web", {}))),
            /Deployment shop\/web: its pods have no label version.*kubectl -n shop patch deployment\/web -p '.*"version":"v1"/,
        );
        assert.match(
            problemsIn(worldOf(web(), v1, pods("web", {}))),
            /Deployment shop\/web: its pods have no label version/,
        );
        assert.match(problemsIn(worldOf(web({}), v1)), /has no selector.*kubectl -n shop patch service web/);
        assert.match(problemsIn(worldOf(v1)), /is not in the cluster/);
        const bare = firstSplit(worldOf(web(), v1), [{ ...proxied[0], hasProxy: false } as never], {
            namespace: "shop",
            name: "web",
        });
        assert.match(
            JSON.stringify(bare.problems),
            /has the mesh's proxy.*kubectl label namespace shop istio-injection/,
        );
    });
    it("leaves a Service alone whose requests are led already, and names the way", () => {
        const routes = object("VirtualService", {
            metadata: { name: "web-routes", namespace: "shop" },
            spec: { hosts: ["web"], http: [{ route: [{ destination: { host: "web" } }] }] },
        });
        const world = worldOf(web(), pods("web-v1", { version: "v1" }), routes);
        assert.match(
            problemsIn(world),
            /VirtualService shop\/web-routes already; npx upshift adopt vs\/web-routes -n shop/,
        );
    });
});

describe("what upshift init writes", () => {
    let folder: string;
    beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "init-"))));
    afterEach(() => fs.rmSync(folder, { recursive: true }));
    const read = (file: string): string => fs.readFileSync(path.join(folder, file), "utf8");
    const write = (file: string, text: string): void => fs.writeFileSync(path.join(folder, file), text);
    const folderOption = "--cwd FOLDER";
    const extras = { stack: "dev", context: "prod", hasPack: true, hasWorkflow: true, folderOption };
    const split = splitIn(worldOf(web(), pods("web-v1", { version: "v1" }), pods("web-v2", { version: "v2" })));
    const filesNow = (more: object = {}) =>
        initialFiles(folder, projectAt(folder, folderOption), split, { ...extras, ...more });

    it("is a whole project in an empty folder, and nothing a second time", () => {
        const files = filesNow();
        assert.deepEqual(files.map(({ file }) => file).sort(), [
            ...[".github/workflows/upshift-dev.yml", "Pulumi.dev.yaml", "Pulumi.yaml", "index.ts", "package.json"],
            ...["policies/PulumiPolicy.yaml", "policies/index.cjs", "policies/package.json", "web-split.ts"],
        ]);
        writeFiles(folder, files);
        const { dependencies } = JSON.parse(read("package.json")) as { dependencies: object };
        assert.deepEqual(Object.keys(dependencies), [
            "@pulumi/kubernetes",
            "@pulumi/policy",
            "@pulumi/pulumi",
            "upshift",
        ]);
        assert.deepEqual(filesNow(), []);
    });
    it("goes on from what npm install has made", () => {
        write("package.json", '{\n  "dependencies": {\n    "upshift": "file:upshift.tgz"\n  }\n}\n');
        writeFiles(folder, filesNow());
        const { main, dependencies } = JSON.parse(read("package.json")) as { main: string; dependencies: object };
        assert.equal(main, "index.ts");
        assert.deepEqual(Object.entries(dependencies).at(-1), ["upshift", "file:upshift.tgz"]);
        assert.match(read("package.json"), /^ {2}"main"/m);
        assert.deepEqual(filesNow(), []);
    });
    it("leaves a project as it is but for what it lacks", () => {
        write("Pulumi.yaml", "name: theirs\nruntime: nodejs\n");
        write(
            "package.json",
            '{\n  "name": "theirs",\n  "dependencies": {\n    "@pulumi/pulumi": "^3.250.0",\n    "zod": "4.0.0"\n  }\n}\n',
        );
        write("index.ts", "export const mine = 1;\n");
        writeFiles(folder, filesNow());
        assert.equal(read("index.ts"), 'export const mine = 1;\nimport "./web-split";\n');
        assert.match(
            read("package.json"),
            /^ {4}"@pulumi\/pulumi": "\^3\.250\.0",\n {4}"upshift": "\^0\.1\.0",\n {4}"zod": "4\.0\.0"$/m,
        );
        assert.match(read("Pulumi.dev.yaml"), /theirs:weights:\n +web:\n +v1: 50\n +v2: 50/);
    });
    it("is imported by a program in a folder of its own from where it stands, once", () => {
        fs.mkdirSync(path.join(folder, "src"));
        write("Pulumi.yaml", "name: theirs\nruntime: nodejs\n");
        write("package.json", '{ "main": "./src/index.ts" }\n');
        write("src/index.ts", "export const mine = 1;\n");
        writeFiles(folder, filesNow());
        assert.equal(read("src/index.ts"), 'export const mine = 1;\nimport "../web-split";\n');
        assert.deepEqual(filesNow(), []);
        write("src/index.ts", "import '../web-split';\n");
        assert.deepEqual(filesNow(), []);
    });
    it("is imported by its user where Pulumi.yaml says where the program begins, with the line that does it there", () => {
        fs.mkdirSync(path.join(folder, "infra"));
        write("index.ts", "export const mine = 1;\n");
        for (const main of ["infra", "infra/main.ts"]) {
            write("Pulumi.yaml", `name: theirs\nruntime: nodejs\nmain: ${main}\n`);
            assert.ok(!filesNow().some(({ file }) => file.endsWith("index.ts")), main);
            assert.equal(specifierOf(folder, "web-split"), "../web-split");
        }
    });
    it("calls files by the stack's own name, where an organisation stands before it", () => {
        const files = filesNow({ stack: "acme/prod" }).map(({ file }) => file);
        for (const file of ["Pulumi.prod.yaml", ".github/workflows/upshift-prod.yml"])
            assert.ok(files.includes(file), files.join());
    });
    it("is refused whole where a file of its own says something else", () => {
        write("web-split.ts", "// mine\n");
        assert.throws(filesNow, /web-split\.ts: is there, and says something else/);
        assert.deepEqual(fs.readdirSync(folder), ["web-split.ts"]);
    });
    it("names all that stands in the way at once, the workflow included, and the option that it has", () => {
        fs.mkdirSync(path.join(folder, ".github/workflows"), { recursive: true });
        write(".github/workflows/upshift-dev.yml", "on: push\n");
        write("web-split.ts", "// mine\n");
        write("Pulumi.dev.yaml", "config:\n  kubernetes:context: staging\n");
        assert.throws(
            filesNow,
            /web-split\.ts: is there[^]*upshift-dev\.yml: is there[^]*kubernetes:context[^]*a project of its own: --cwd FOLDER/,
        );
    });
    it("is for TypeScript, and names the way for a project in another language", () => {
        write("Pulumi.yaml", "name: theirs\nruntime: yaml\n");
        assert.throws(() => projectAt(folder, folderOption), { fix: /--cwd FOLDER/ });
    });
    it("has the workflow where GitHub looks for it, also for a project below a repository's root", () => {
        fs.mkdirSync(path.join(folder, ".git"));
        fs.mkdirSync(path.join(folder, "infra"));
        const below = path.join(folder, "infra");
        const files = initialFiles(below, projectAt(below, folderOption), split, extras);
        writeFiles(below, files);
        assert.match(read(".github/workflows/upshift-dev.yml"), /working-directory: infra\n/);
    });
    it("takes others' actions, and Pulumi, in the versions of this repository's own workflow", () => {
        const own = ["action/action.yml", ".github/workflows/preview.yml"]
            .map((file) => fs.readFileSync(path.join(projectRoot(), file), "utf8"))
            .join("");
        for (const uses of Object.values(actions)) assert.ok(own.includes(`uses: ${uses}\n`), uses);
        assert.ok(own.includes(`pulumi-version: ${pulumiVersion}\n`));
        assert.doesNotMatch(workflowText({ stack: "dev", folder: ".", hasPack: false }), /policy-pack/);
    });
});

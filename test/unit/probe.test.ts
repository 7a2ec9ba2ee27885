import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { countsOf, expectedOf } from "../../rollout/probe/expected";
import { whyNot } from "../../rollout/probe/inMesh";
import { callerJob, callerLabels } from "../../rollout/probe/job";
import { isStatus } from "../../rollout/load/status";
import { judged } from "../../rollout/probe/verify";
import { servedIn } from "../../rollout/plan/services";

const versions = ["v1", "v2"];
const canaryHeader = { name: "X-group", exact: "test", to: "v2" };
const probe = { path: "/", method: "GET", headers: {} };
const caller = { namespace: "theirs", labels: callerLabels };

const object = (kind: string, name: string, spec: object) =>
    placed(kind, { metadata: { name, namespace: "theirs" }, spec } as unknown as Body);
const worldOf = (routes: object, port: object = { name: "http", port: 3000 }): World => ({
    isWhole: true,
    objects: [
        object("Service", "shop", {
            selector: { app: "shop" },
            ports: [{ name: "grpc-admin", port: 9 }, port].reverse(),
        }),
        object("DestinationRule", "shop-dr", subsetsFor({ host: "shop", versions })),
        object("VirtualService", "shop-vs", routes),
        ...versions.map((version) =>
            object("Deployment", `shop-${version}`, {
                replicas: 1,
                template: { metadata: { labels: { app: "shop", version } }, spec: {} },
            }),
        ),
    ],
});
const world = worldOf(routesFor({ host: "shop", versions, weights: { v1: 80, v2: 20 }, canaryHeader }));
const [shop] = servedIn(world, new Map());
assert.ok(shop);

describe("what a caller in the mesh should meet", () => {
    it("is what the routes give such a request, at the Service's own port", () => {
        const { url, weights } = expectedOf(world, shop, caller, probe);
        assert.deepEqual([url, weights], ["http://shop.theirs:3000/", { v1: 80, v2: 20 }]);
    });
    it("is a tester's version with his header", () => {
        const { weights } = expectedOf(world, shop, caller, { ...probe, headers: { "x-group": "test" } });
        assert.deepEqual(weights, { v2: 100 });
    });
    it("is an error where no version is meant to answer, or no proxy can tell them apart", () => {
        const redirect = { hosts: ["shop"], http: [{ redirect: { uri: "/new" } }] };
        assert.throws(
            () => expectedOf(worldOf(redirect), shop, caller, probe),
            /No version of shop.*redirects[^]*fix:/,
        );
        assert.throws(
            () => expectedOf(world, { ...shop, by: "pods" }, caller, probe),
            /by the number of its pods[^]*fix:/,
        );
        const edge = { ...shop, place: { ...shop.place, entry: "istio-ingress/edge" } };
        assert.throws(() => expectedOf(world, edge, caller, probe), /split at the gateway istio-ingress\/edge[^]*fix:/);
    });
});

describe("what a caller's requests say of a split", () => {
    const expected = expectedOf(world, shop, caller, probe);
    const counter = (version: string, requests: number, namespace = "theirs") => ({
        to: { service: "shop", namespace, version },
        requests,
        failed: 0,
    });
    it("is counted by where the caller's proxy has sent them", () => {
        const counts = countsOf(expected, [counter("v1", 8), counter("v2", 2), counter("v1", 3, "other")]);
        assert.deepEqual(counts, { v1: 11, v2: 2 });
    });
    it("is well where shares fit and nothing failed, and not where either does not", () => {
        const of = (v2: number, statuses: Record<string, number>) =>
            judged("shop", { statuses, counters: [counter("v1", 200 - v2), counter("v2", v2)] }, expected, "2xx");
        assert.equal(of(42, { "200": 200 }).ok, true);
        assert.equal(of(100, { "200": 200 }).ok, false);
        const failing = of(42, { "200": 198, "503": 1, "000": 1 });
        assert.deepEqual(
            [failing.ok, failing.failed, failing.failures],
            [false, 2, { "status 503": 1, "no answer": 1 }],
        );
    });
    it("is an error where the proxy has counted nothing of what was answered", () => {
        assert.throws(
            () => judged("shop", { statuses: { "200": 5 }, counters: [] }, expected, "2xx"),
            /counted none of 5 requests[^]*fix:/,
        );
    });
    it("takes for answered what is asked for", () => {
        assert.ok(isStatus("2xx", "204") && isStatus("200,404", "404"));
        assert.ok(!isStatus("2xx", "404") && !isStatus("200", "2000") && !isStatus("2xx", "000"));
    });
});

describe("the pod of a caller", () => {
    const job = callerJob("upshift-verify-1", {
        ...probe,
        url: "http://shop.theirs/",
        headers: { "x-group": "it's $HOME" },
        requests: 5,
        rate: 1000,
        namespace: "theirs",
        account: "web",
        image: "proxyv2",
        pullSecrets: [],
    });
    const { spec } = job.spec?.template ?? {};
    const [container] = spec?.containers ?? [];

    it("is taken by the restricted profile, and ends by itself whatever becomes of us", () => {
        assert.deepEqual([job.spec?.ttlSecondsAfterFinished, (job.spec?.activeDeadlineSeconds ?? 0) > 0], [60, true]);
        assert.deepEqual([spec?.securityContext?.runAsNonRoot, spec?.serviceAccountName], [true, "web"]);
        assert.deepEqual(container?.securityContext, {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
        });
    });
    it("sends each request once, with what was given as it was given", () => {
        const [, , script = "", ...rest] = container?.command ?? [];
        // One write a line: several send at the same time.
        const curl = `curl() { line=$(printf '%s|' "$@"); echo "$line" >&2; echo 200; }\n`;
        const quick = script.replace(/sleep \d+ &/, "");
        const { stdout, stderr, status } = spawnSync("sh", ["-c", curl + quick, ...rest], { encoding: "utf8" });
        assert.equal(status, 0, stderr);
        assert.equal(stdout, `${"200\n".repeat(5)}done\n`);
        assert.equal(stderr.split("|--header|x-group: it's $HOME|http://shop.theirs/|\n").length, 6, stderr);
    });
    it("asks with wget where there is no curl, and says what came back", () => {
        const [, , script = "", ...rest] = container?.command ?? [];
        const said = `wget() { case "$*" in *"-t 1 -S -O /dev/null --header x-group: it's"*) echo '  HTTP/1.1 503 No'; echo 'wget: error'; esac; }\n`;
        const none = `command() { [ "$2" = wget ]; }\n`;
        const quick = script.replace(/sleep \d+ &/, "");
        const { stdout } = spawnSync("sh", ["-c", none + said + quick, ...rest], { encoding: "utf8" });
        assert.equal(stdout, `${"503\n".repeat(5)}done\n`);
        const silent = spawnSync("sh", ["-c", `${none}wget() { :; }\n${quick}`, ...rest], { encoding: "utf8" });
        assert.equal(silent.stdout, `${"000\n".repeat(5)}done\n`);
        const bare = spawnSync("sh", ["-c", `command() { false; }\n${quick}`, ...rest], { encoding: "utf8" });
        assert.deepEqual([bare.stdout, bare.status], ["no curl and no wget\n", 3]);
    });
    it("that never runs is told with why, and what would do", () => {
        const containers = [{ name: "caller", image: "registry/none" }];
        assert.match(whyNot({ spec: { containers } }) ?? "", /got no proxy[^]*fix:/);
        const inMesh = { containers: [...containers, { name: "istio-proxy" }] };
        const state = (waiting: object) => ({
            containerStatuses: [
                { name: "caller", image: "", imageID: "", ready: false, restartCount: 0, state: waiting },
            ],
        });
        assert.equal(whyNot({ spec: inMesh }), undefined);
        assert.match(
            whyNot({ spec: inMesh, status: state({ waiting: { reason: "ImagePullBackOff" } }) }) ?? "",
            /The image registry\/none of the caller can't be had[^]*fix: .*--image/,
        );
        assert.match(
            whyNot({ spec: inMesh, status: state({ terminated: { reason: "StartError", exitCode: 128 } }) }) ?? "",
            /does not start[^]*fix: .*--image/,
        );
    });
});

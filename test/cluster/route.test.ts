import * as assert from "node:assert/strict";
import { clusterDown, clusterUp } from "../../cluster/embedded/cluster";
import { until } from "../../cluster/embedded/probes";
import { istioTag, reference } from "../../cluster/images/tag";
import { decide } from "../../components/traffic/effect/decide";
import type { Asked } from "../../components/traffic/effect/matching";
import { metBy } from "../../components/traffic/effect/ways";
import type { DestinationRule } from "../../components/traffic/world/istio";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { kubectl } from "../support/kubectl";
import { apply, Asker, istioOn } from "../support/mesh";
import { routeTables } from "../support/routeTables";

const name = "route-test";
const seed = Number(process.env.UPSHIFT_SEED ?? 1);
const tableCount = 240;
const requestsEach = 4;
/** Every sixth table is for a Kubernetes Service, the others for hosts that only their VirtualService knows. */
const hostOf = (n: number): string => (n % 6 === 0 ? `service-${n}` : `t${n}.example`);
const caller = { namespace: "routes", labels: { app: "caller" } };

const subsets: DestinationRule = {
    metadata: { name: "backend", namespace: "routes" },
    spec: { host: "backend", subsets: ["v1", "v2"].map((version) => ({ name: version, labels: { version } })) },
};
const last = {
    metadata: { name: "last", namespace: "routes" },
    spec: { hosts: ["last.example"], http: [{ directResponse: { status: 299 } }] },
};
const namespace = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "routes", labels: { "istio-injection": "enabled" } },
};

const callerPod = pod("caller", caller.labels, {
    image: reference({ name: "proxyv2", tag: istioTag() }),
    command: ["sleep", "86400"],
});

describe("what upshift says of a request's way", function () {
    this.timeout(600_000);
    let asker: Asker;
    const tables = routeTables(tableCount, requestsEach, seed, hostOf);
    const ownServices = tables.map((_, n) => hostOf(n)).filter((host) => !host.includes("."));
    const object = (kind: string, of: object): Placed => placed(kind, of as Body);
    const mesh: World = {
        objects: [
            ...tables.map((table) => object("VirtualService", table.virtualService)),
            object("DestinationRule", subsets),
            ...["backend", ...ownServices].map((host) => object("Service", service(host))),
        ],
        isWhole: true,
    };

    before("brings up a mesh with one caller and two versions of a backend", async function () {
        leaveOutWhereNoneRuns(this, name);
        await clusterUp(name, {}, () => undefined);
        await istioOn(name);
        await apply(name, [
            namespace,
            ...["backend", ...ownServices].map(service),
            backend("v1"),
            backend("v2"),
            callerPod,
        ]);
        await apply(name, [
            istio("DestinationRule", subsets),
            ...tables.map((table) => istio("VirtualService", table.virtualService)),
        ]);
        await kubectl(name, ["wait", "-n", "routes", "--for=condition=Ready", "pod", "--all", "--timeout=120s"]);
        // Put last: a proxy that knows it knows all before it.
        await apply(name, [istio("VirtualService", last)]);
        asker = new Asker(name, "routes/caller", ["backend", "80"]);
        await until(async () => assert.equal((await asker.ask("last.example", "/")).status, 299), 60_000);
    });
    after(async () => {
        asker?.close();
        await clusterDown(name, { delete: true });
    });

    it(`is what the mesh does, for ${tableCount} route tables and ${tableCount * requestsEach} requests (seed ${seed})`, async () => {
        const differences: string[] = [];
        const kinds = new Map<string, number>();
        for (const { virtualService, requests } of tables) {
            for (const request of requests) {
                const [said, expected] = say(mesh, request);
                kinds.set(said, (kinds.get(said) ?? 0) + 1);
                const { method, host, path, headers } = request;
                const answer = await asker.ask(host, path, method, headers);
                const seen = { rule: answer.headers["x-rule"], to: answer.headers["x-to"], status: answer.status };
                if (!expected.some((one) => one.rule === seen.rule && one.to === seen.to && one.ok(seen.status)))
                    differences.push(
                        JSON.stringify(
                            { request, said: decide(mesh, caller, request), seen, spec: virtualService.spec },
                            undefined,
                            1,
                        ),
                    );
            }
        }
        console.log(`      ${[...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ")}`);
        assert.deepEqual(
            differences.slice(0, 3),
            [],
            `${differences.length} differences; UPSHIFT_SEED=${seed} draws the same again`,
        );
        for (const kind of ["one version", "several versions", "any pod", "404", "passes"])
            assert.ok((kinds.get(kind) ?? 0) > 0, `none of the requests met: ${kind}; the tables are too plain`);
    });
});

interface Expected {
    rule?: string | undefined;
    to?: string | undefined;
    ok: (status: number) => boolean;
}

/** What kind of decision it is, and every answer of the mesh that would fit. */
function say(mesh: World, request: Asked): [string, Expected[]] {
    const decision = decide(mesh, caller, request);
    const outcome = metBy(mesh, decision, caller, request);
    const { tried } = decision;
    const rule = tried.at(-1)?.matches ? tried.at(-1)?.rule : undefined;
    const served = (status: number): boolean => status < 500;
    if (outcome.kind === "answer") return [String(outcome.status), [{ ok: (status) => status === outcome.status }]];
    // The test connects to the backend, to which a request without routes goes on.
    if (outcome.kind === "passes") return ["passes", [{ ok: served }]];
    assert.equal(outcome.kind, "shares");
    const kind = outcome.shares.length > 1 ? "several versions" : outcome.shares[0]?.subset ? "one version" : "any pod";
    return [kind, outcome.shares.map(({ subset }) => ({ rule, to: rule && (subset ?? "any"), ok: served }))];
}

function istio(kind: string, resource: { metadata: object; spec: object }): object {
    return { apiVersion: "networking.istio.io/v1", kind, ...resource };
}

function service(host: string): object {
    const ports = [{ name: "http", port: 80, targetPort: 8080 }];
    return {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: host, namespace: "routes" },
        spec: { selector: { app: "backend" }, ports },
    };
}

function backend(version: string): object {
    return pod(
        `backend-${version}`,
        { app: "backend", version },
        { image: reference({ name: "demo", tag: version }), args: ["product"] },
    );
}

/** Run as another user than the sidecar's, whose own traffic is not taken up by it. */
function pod(podName: string, labels: object, container: object): object {
    const spec = {
        terminationGracePeriodSeconds: 1,
        securityContext: { runAsUser: 10001, runAsGroup: 10001 },
        containers: [{ name: "main", imagePullPolicy: "Never", ...container }],
    };
    return { apiVersion: "v1", kind: "Pod", metadata: { name: podName, namespace: "routes", labels }, spec };
}

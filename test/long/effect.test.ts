import * as assert from "node:assert/strict";
import { clusterDown, clusterUp, readCluster } from "../../cluster/embedded/cluster";
import { until } from "../../cluster/embedded/probes";
import { virtualService } from "../oracle/build";
import type { Manifest, Request, World } from "../oracle/manifest";
import { protocolOf } from "../oracle/destinations";
import type { ServiceSpec } from "../oracle/istio";
import { aged, AppliedWorlds, difference } from "../oracle/mesh/applied";
import { differences, expected } from "../oracle/mesh/compare";
import { isMeasurable, pairOf } from "../oracle/mesh/pairs";
import { callerPod, gatewayNames, gatewayPort, namespace, sharedManifests, surroundings } from "../oracle/mesh/pool";
import { proxyProcess, Sender, type Batch, type Counts } from "../oracle/mesh/sender";
import { productSays } from "../oracle/product";
import { serve } from "../oracle/serve";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { kubectl } from "../support/kubectl";
import { apply, istioOn } from "../support/mesh";

/** Who says what a request meets, in percents by who answers: both are measured against the mesh, neither against the other. */
const evaluators: Readonly<Record<string, (world: World, request: Request) => ReadonlyMap<string, number>>> = {
    oracle: (world, request) => expected(serve(world, request)),
    product: productSays,
};

const name = "effect-test";
const seed = Number(process.env.UPSHIFT_SEED ?? 1);
/** Fewer, to look at a difference again without waiting for all. */
const pairCount = Number(process.env.UPSHIFT_PAIRS ?? 300);
const requestsEach = 3;
/** Requests for a kind whose outcome is certain, and for one whose shares are measured. */
const [few, many] = [4, 200];

describe("what a world does to a request, as judged", function () {
    this.timeout(600_000);
    const shared = sharedManifests();
    const pairs = Array.from({ length: pairCount }, (_, n) => pairOf(seed, n, shared, requestsEach));
    const marker = (phase: string): Manifest =>
        virtualService(`${namespace}/marker`, {
            hosts: ["marker.example.com"],
            gateways: ["mesh", ...gatewayNames],
            http: [{ directResponse: { status: phase === "before" ? 298 : 299 } }],
        });
    let applied: AppliedWorlds;
    let addresses: ReadonlyMap<string, string>;
    let gatewayAddresses: ReadonlyMap<string, string>;
    /** From the caller's pod through its sidecar, and from the node to the gateways. */
    let [inMesh, outside]: (Sender | undefined)[] = [];

    before("brings up a mesh with a caller, two gateways and pods of three versions", async function () {
        leaveOutWhereNoneRuns(this, name);
        await clusterUp(name, {}, () => undefined);
        await istioOn(name);
        await apply(name, [...surroundings(), ...shared.map((one) => ({ ...one, status: undefined }))]);
        await kubectl(name, ["wait", "-n", namespace, "--for=condition=Ready", "pod", "--all", "--timeout=120s"]);
        applied = new AppliedWorlds(name);
        gatewayAddresses = new Map(
            await Promise.all(gatewayNames.map(async (one) => [one, await podAddress(one)] as const)),
        );
        inMesh = new Sender(proxyProcess(namespace, callerPod));
        outside = new Sender(readCluster(name)?.pid ?? assert.fail("the cluster does not run"));
    });
    after(async () => {
        inMesh?.stop();
        outside?.stop();
        await clusterDown(name, { delete: true });
    });

    it(`is what the mesh does, in ${pairCount} random worlds (seed ${seed})`, async () => {
        await applied.apply(pairs.flatMap(({ own }) => own.before));
        await everywhere("before");
        await measure("before");
    });

    it("is what it does after a step of each of them", async () => {
        const steps = pairs.map(({ own }) => difference(own.before, own.after));
        await applied.remove(steps.flatMap(({ removed }) => removed));
        await applied.apply(steps.flatMap(({ written }) => written));
        await everywhere("after");
        await measure("after");
    });

    /** Applied last: a proxy that knows it knows all before it. */
    async function everywhere(phase: string): Promise<void> {
        await applied.apply([marker(phase)]);
        addresses = await applied.addresses(namespace);
        const status = `status ${phase === "before" ? 298 : 299}`;
        const callers = [{ namespace, labels: {} }, ...gatewayNames.map((one) => ({ gateway: `${namespace}/${one}` }))];
        for (const caller of callers) {
            const request = { host: "marker.example.com", path: "/", method: "GET", headers: {}, port: 80, caller };
            await until(async () => assert.deepEqual(await ask([], request, 1), { [status]: 1 }), 60_000);
        }
    }

    async function measure(phase: "before" | "after"): Promise<void> {
        const ages = await applied.ages(namespace);
        const began = Date.now();
        const tried = { certain: 0, split: 0, requests: 0 };
        const outcomes = new Map<string, number>();
        const wrong: string[] = [];
        const work = pairs.flatMap((pair, n) =>
            pair.requests.map((request) => ({ world: aged(pair[phase], ages), request, n })),
        );
        await Promise.all(
            work.map(async ({ world, request, n }) => {
                if (!isMeasurable(serve(world, request))) return;
                const said = Object.entries(evaluators).map(
                    ([who, evaluate]) => [who, evaluate(world, request)] as const,
                );
                const isCertain = said.every(([, shares]) => shares.size === 1);
                await reachable(world, request);
                const counts = await ask(world, request, isCertain ? few : many);
                tried[isCertain ? "certain" : "split"]++;
                tried.requests += isCertain ? few : many;
                for (const key of Object.keys(counts)) outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
                for (const [who, shares] of said) {
                    if (differences(shares, counts).length === 0) continue;
                    // Of thousands of measurements, one is far off by chance: it is not so twice.
                    await reachable(world, request);
                    const again = differences(shares, await ask(world, request, 3 * many));
                    if (again.length === 0) continue;
                    wrong.push(told(who, n, request, world, again));
                    console.log(`      pair ${n}: ${request.host}${request.path}: ${who}: ${again.join("; ")}`);
                }
            }),
        );
        const seconds = Math.round((Date.now() - began) / 1000);
        const met = [...outcomes].sort(([a], [b]) => a.localeCompare(b)).map(([key, count]) => `${key} ${count}`);
        console.log(
            `      ${tried.certain} certain and ${tried.split} split kinds, ${tried.requests} requests in ${seconds} s`,
        );
        console.log(`      met: ${met.join(", ")}`);
        assert.equal(
            wrong.length,
            0,
            `${wrong.length} differences, the first of them:\n${wrong[0]}\nUPSHIFT_SEED=${seed} draws the same again`,
        );
        if (pairCount < 100) return; // too few to meet everything
        for (const kind of [`${namespace}/pool-v1`, `${namespace}/pool-v3`, "status 404", "status 503", "status 301"])
            assert.ok(outcomes.has(kind), `none of the requests met: ${kind}; the worlds are too plain`);
    }

    /** A Service without HTTP is reached only once the node's own balancing knows its port and its pods, which takes its time. */
    async function reachable(world: World, request: Request): Promise<void> {
        await until(
            async () => assert.doesNotMatch(Object.keys(await ask(world, request, 20)).join(), /REFUSED/),
            120_000,
        );
    }

    function ask(world: World, request: Request, count: number): Promise<Counts> {
        const { caller, host, path, method, headers, port } = request;
        const batch = { host, path, method, headers, count };
        if ("gateway" in caller) {
            const address = gatewayAddresses.get(caller.gateway.split("/")[1] ?? "");
            return sender(outside).send({ ...batch, origin: `http://${address}:${gatewayPort}`, fresh: false });
        }
        const [service, ...rest] = host.replace(/:\d+$/, "").split(".");
        const isService = rest.length === 0 || rest[0] === namespace;
        const found = world.find(({ kind, metadata }) => isService && kind === "Service" && metadata.name === service);
        const spec = found?.spec as ServiceSpec | undefined;
        // A host that no Service has is asked where any HTTP of port 80 is taken up: at a gateway's Service.
        const address = addresses.get(found?.metadata.name ?? gatewayNames[0]);
        const own = spec?.ports?.find((one) => one.port === port);
        const fresh = own !== undefined && protocolOf(own) === "tcp";
        const origin: Batch["origin"] = `http://${address}:${port}`;
        return sender(inMesh).send({ ...batch, origin, fresh });
    }
});

function sender(one: Sender | undefined): Sender {
    return one ?? assert.fail("no client runs");
}

async function podAddress(pod: string): Promise<string> {
    return kubectl(name, ["get", "pod", "-n", namespace, pod, "-o", "jsonpath={.status.podIP}"]);
}

/** All that is needed to see why: what was said and seen, and the routes of the pair. */
function told(who: string, n: number, request: Request, world: World, wrong: readonly string[]): string {
    const routes = world.filter(({ kind }) => ["VirtualService", "DestinationRule"].includes(kind));
    const services = world.filter(({ kind, metadata }) => kind === "Service" && metadata.name.endsWith(`-${n}`));
    const objects = [...services, ...routes].map(({ kind, metadata, spec }) => ({ kind, metadata, spec }));
    return JSON.stringify({ who, pair: n, wrong, request, said: serve(world, request), objects }, undefined, 1);
}

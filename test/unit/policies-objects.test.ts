import * as assert from "node:assert/strict";
import type { Body } from "../../policies/read/object";
import { deployment, made, type Made, serviceObjects, virtualService } from "../support/policyObjects";
import { findings } from "../support/policyRun";

const review = (
    rest: { weights?: Record<string, unknown>; testers?: string; replicas?: Record<string, number> } = {},
): Made[] => serviceObjects("review", { weights: { v1: 80, v2: 20 }, ...rest });
const without = (objects: readonly Made[], ...names: string[]): Made[] =>
    objects.filter(({ name }) => !names.includes(name));
const routesOf = (http: Body[], spec: Body = {}): Made =>
    made("VirtualService", "review-vs", "networking.istio.io/v1", { hosts: ["review"], http, ...spec });
const to = (subset: string, weight?: unknown): Body =>
    ({ destination: { host: "review", subset }, ...(weight === undefined ? {} : { weight }) }) as Body;

/** A Deployment whose pod spec is changed in one place, by path. */
function pod(path: string, value: unknown, of = deployment("review", "v1")): Made {
    const copy = JSON.parse(JSON.stringify(of)) as Made;
    const fields = ["spec", "template", "spec", ...path.split(".")];
    let at = copy as unknown as Record<string, unknown>;
    for (const field of fields.slice(0, -1)) at = at[field] as Record<string, unknown>;
    const last = fields.at(-1) ?? "";
    if (value === undefined) delete at[last];
    else at[last] = value;
    return copy;
}

describe("every policy", () => {
    it("is content with a service as it should be", async () => {
        const { policies } = await import("../../policies/policies");
        for (const { name } of policies) assert.deepEqual(await findings(name, review({ testers: "v2" })), [], name);
    });
});

describe("policy whole-weights", () => {
    const weights = (...http: Body[]): Promise<string[]> => findings("whole-weights", [routesOf(http)]);

    it("refuses weights that don't sum to 100, are no whole numbers, or are texts", async () => {
        assert.deepEqual(await weights({ name: "weighted", route: [to("v1", 50), to("v2", 60)] }), [
            "review, weighted: v1 50 + v2 60 = 110, and weights must sum to 100",
        ]);
        assert.match(
            (await weights({ route: [to("v1", 99.5), to("v2", 0.5)] })).join("\n"),
            /rule 1\.v1: 99\.5 is not a whole number/,
        );
        assert.match(
            (await weights({ route: [to("v1", "80"), to("v2", "20")] })).join("\n"),
            /v2: "20" is not a whole number/,
        );
        assert.match(
            (await weights({ route: [to("v1", 120), to("v2", -20)] })).join("\n"),
            /v2: -20 is not a whole number/,
        );
    });

    it("refuses a version that stands twice in a rule", async () => {
        assert.match(
            (await weights({ route: [to("v1", 50), to("v1", 50)] })).join(),
            /two destinations are the same version/,
        );
    });

    it("takes a single destination without weight for all requests", async () => {
        assert.deepEqual(await weights({ route: [to("v1")] }), []);
    });
});

describe("policy header-routes", () => {
    const testers = { name: "testers", match: [{ headers: { "x-group": { exact: "test" } } }], route: [to("v2")] };
    const everybody = { name: "weighted", route: [to("v1", 100)] };
    const headers = (...http: Body[]): Promise<string[]> => findings("header-routes", [routesOf(http)]);

    it("refuses a rule below the one for everybody, however that one says everybody", async () => {
        for (const all of [
            everybody,
            { ...everybody, match: [{ uri: { prefix: "/" } }] },
            { ...everybody, match: [{}] },
        ])
            assert.match(
                (await headers(all, testers)).join(),
                /review: testers never serves: weighted above it takes every request/,
            );
    });

    it("refuses other timeouts or retries than everybody gets", async () => {
        assert.match(
            (await headers({ ...testers, timeout: "5s" }, { ...everybody, timeout: "2s" })).join(),
            /testers has timeout 5s, and weighted 2s/,
        );
        assert.match(
            (await headers(testers, { ...everybody, retries: { attempts: 2 } })).join(),
            /retries unset, and weighted \{"attempts":2\}/,
        );
    });

    it("compares with the rule that the same request would meet without the header", async () => {
        const path = { uri: { prefix: "/slow" } };
        const slowTesters = { ...testers, match: [{ ...testers.match[0], ...path }], timeout: "30s" };
        assert.deepEqual(
            await headers(slowTesters, { name: "slow", match: [path], route: [to("v1")], timeout: "30s" }, everybody),
            [],
        );
    });

    it("lets cookie rules and Set-Cookie of a session's affinity through", async () => {
        const sticky = { ...testers, match: [{ headers: { cookie: { regex: "(^|.*; )version=v2(;.*|$)" } } }] };
        const setting = {
            ...everybody,
            route: [{ ...to("v1", 100), headers: { response: { add: { "set-cookie": "version=v1" } } } }],
        };
        assert.deepEqual(await headers(sticky, setting as Body), []);
    });
});

describe("policy single-virtual-service", () => {
    const second = {
        ...virtualService("review", { v1: 100 }),
        name: "other",
        metadata: { name: "other", namespace: "shop" },
    };

    it("refuses a second one in the stack", async () => {
        assert.match(
            (await findings("single-virtual-service", [...review(), second])).join(),
            /review: VirtualServices \S+ and \S+ both route it/,
        );
    });

    it("refuses one beside another that somebody else made in the cluster", async () => {
        const said = await findings("single-virtual-service", review(), { live: [second] });
        assert.match(said.join(), /VirtualServices shop\/other and shop\/review-vs both route it/);
        assert.deepEqual(await findings("single-virtual-service", review(), { live: review() }), []);
    });

    it("allows one for callers inside and one at a gateway", async () => {
        const atGateway = { ...second, spec: { ...second.spec, gateways: ["edge"] } };
        assert.deepEqual(await findings("single-virtual-service", [...review(), atGateway]), []);
    });
});

describe("policy known-destinations", () => {
    const known = (objects: Made[], config: Body = {}): Promise<string[]> =>
        findings("known-destinations", objects, { config });

    it("refuses a subset that is not there, and says which are", async () => {
        const routes = virtualService("review", { v1: 80, v3: 20 });
        assert.match(
            (await known([...without(review(), "review-vs"), routes])).join(),
            /review has no subset v3; it has v1, v2/,
        );
    });

    it("refuses a subset without pods, and a host that is no Service of the stack", async () => {
        assert.match(
            (await known(without(review(), "review-v2"))).join(),
            /no pods of this stack or its cluster fit v2 of review/,
        );
        assert.match(
            (await known(without(review(), "review"))).join(),
            /review\.shop\.svc\.cluster\.local is no Service of this stack or its cluster/,
        );
        assert.deepEqual(
            await known(without(review(), "review"), { otherHosts: ["review.shop.svc.cluster.local"] }),
            [],
        );
    });

    it("knows the Service and the pods that the cluster has and the stack does not: adopted ones", async () => {
        const own = review().filter(({ kind }) => ["VirtualService", "DestinationRule"].includes(kind));
        const theirs = review().filter((one) => !own.some(({ name, kind }) => name === one.name && kind === one.kind));
        assert.deepEqual(await findings("known-destinations", own, { live: theirs }), []);
        assert.match(
            (await findings("known-destinations", own, { live: without(theirs, "review-v2") })).join(),
            /no pods of this stack or its cluster fit v2 of review/,
        );
    });

    it("does not know what the cluster has only until this update takes it away", async () => {
        const kept = without(review(), "review");
        const said = await findings("known-destinations", kept, { live: review(), applied: review() });
        assert.match(said.join(), /review\.shop\.svc\.cluster\.local is no Service of this stack or its cluster/);
    });

    it("waits in an update for what is registered later", async () => {
        const objects = review();
        const early = [...objects.filter(({ kind }) => kind === "VirtualService"), ...without(objects, "review-vs")];
        assert.deepEqual(await findings("known-destinations", early, { isUpdate: true }), []);
    });
});

describe("policy enough-pods", () => {
    it("asks for a version's share of the pods that the largest has", async () => {
        const objects = review({ weights: { v1: 60, v2: 40 }, replicas: { v1: 10, v2: 1 } });
        assert.deepEqual(await findings("enough-pods", objects), [
            "review: v2 gets 40 % (weighted) and has 1 pods, where 10 serve all; at least 4: raise its replicas first",
        ]);
        assert.deepEqual(
            await findings("enough-pods", review({ weights: { v1: 60, v2: 40 }, replicas: { v1: 10, v2: 4 } })),
            [],
        );
    });

    it("asks for one pod where a header leads", async () => {
        const objects = review({ weights: { v1: 100, v2: 0 }, replicas: { v2: 0 }, testers: "v2" });
        assert.match(
            (await findings("enough-pods", objects)).join(),
            /v2 gets 100 % \(testers\) and has 0 pods.*at least 1/,
        );
    });

    it("lets versions lack what the headroom says", async () => {
        const objects = review({ weights: { v1: 0, v2: 100 }, replicas: { v1: 10, v2: 8 } });
        assert.equal((await findings("enough-pods", objects)).length, 1);
        assert.deepEqual(await findings("enough-pods", objects, { config: { headroom: 20 } }), []);
    });
});

describe("policy strict-pairs", () => {
    const config = { pairs: [{ caller: "frontend", callee: "backend" }] };
    const service = (name: string, selector: Body): Made => made("Service", name, "v1", { selector });
    const caller = (version: string, calls: string): Made =>
        pod("containers.0.env", [{ name: "BACKEND", value: `http://${calls}:80/` }], deployment("frontend", version));
    const tiers = [
        ...["v1", "v2"].map((version) => deployment("backend", version)),
        ...["v1", "v2"].map((version) => service(`backend-${version}`, { app: "backend", version })),
    ];

    it("is content where each version calls its own", async () => {
        const objects = [...tiers, caller("v1", "backend-v1"), caller("v2", "backend-v2")];
        assert.deepEqual(await findings("strict-pairs", objects, { config }), []);
    });

    it("refuses a caller that names another version's Service", async () => {
        const objects = [...tiers, caller("v1", "backend-v2")];
        assert.match(
            (await findings("strict-pairs", objects, { config })).join(),
            /frontend-v1 is frontend v1 and calls backend-v2, which is backend v2/,
        );
    });

    it("refuses a caller of another version's pods that the cluster alone has", async () => {
        const said = await findings("strict-pairs", [caller("v1", "backend-v2")], { config, live: tiers });
        assert.match(said.join(), /frontend-v1 is frontend v1 and calls backend-v2, which is backend v2/);
    });

    it("refuses a Service in front of both versions, and routes that share between them", async () => {
        const shared = [...tiers, service("backend", { app: "backend" })];
        assert.match(
            (await findings("strict-pairs", shared, { config })).join(),
            /backend has pods of backend v1 and v2/,
        );
        const rule = made("DestinationRule", "dr", "networking.istio.io/v1", {
            host: "backend",
            subsets: ["v1", "v2"].map((version) => ({ name: version, labels: { version } })),
        });
        const split = virtualService("backend", { v1: 50, v2: 50 });
        assert.match(
            (await findings("strict-pairs", [...shared, rule, split], { config })).join(),
            /shares requests between backend v1 and v2/,
        );
    });

    it("lets routes through that know from which version a request comes", async () => {
        const rule = made("DestinationRule", "dr", "networking.istio.io/v1", {
            host: "backend",
            subsets: ["v1", "v2"].map((version) => ({ name: version, labels: { version } })),
        });
        const http = ["v1", "v2"].map((version) => ({
            match: [{ sourceLabels: { app: "frontend", version } }],
            route: [{ destination: { host: "backend", subset: version } }],
        }));
        const routes = made("VirtualService", "vs", "networking.istio.io/v1", { hosts: ["backend"], http });
        const objects = [...tiers, service("backend", { app: "backend" }), rule, routes];
        assert.deepEqual(await findings("strict-pairs", objects, { config }), []);
    });
});

describe("policy safe-retries", () => {
    const rule = (rest: Body): Made[] => [routesOf([{ name: "orders", route: [to("v1")], ...rest }])];

    it("refuses to send twice what may be a POST", async () => {
        assert.match(
            (await findings("safe-retries", rule({ retries: { attempts: 3 } }))).join(),
            /orders tries 3 more times on unavailable, cancelled, 503.*at most 0/,
        );
        const methods = { match: [{ method: { regex: "GET|POST" } }], retries: { attempts: 1, retryOn: "5xx" } };
        assert.equal((await findings("safe-retries", rule(methods))).length, 1);
    });

    it("allows retries of idempotent methods, and of requests that were never sent", async () => {
        const methods = {
            match: [{ method: { exact: "GET" } }, { method: { regex: "^(PUT|HEAD)$" } }],
            retries: { attempts: 3 },
        };
        assert.deepEqual(await findings("safe-retries", rule(methods)), []);
        assert.deepEqual(
            await findings(
                "safe-retries",
                rule({ retries: { attempts: 3, retryOn: "connect-failure,refused-stream" } }),
            ),
            [],
        );
    });

    it("counts Istio's own two where that is asked for", async () => {
        assert.deepEqual(await findings("safe-retries", rule({})), []);
        assert.match(
            (await findings("safe-retries", rule({}), { config: { judgeUnset: true } })).join(),
            /tries 2 more times/,
        );
    });
});

describe("policy zero-downtime", () => {
    const judge = (objects: Made[], config: Body = {}): Promise<string[]> =>
        findings("zero-downtime", objects, { config });
    const alone = async (one: Made, config: Body = {}): Promise<string> =>
        (await judge([...review().filter(({ kind }) => kind === "PodDisruptionBudget"), one], config)).join("\n");

    it("asks for a readiness probe, a long enough preStop, and time to end after it", async () => {
        assert.match(await alone(pod("containers.0.readinessProbe", undefined)), /no readinessProbe/);
        assert.match(
            await alone(pod("containers.0.lifecycle", undefined)),
            /preStop waits 0 s, and callers may take 5 s/,
        );
        assert.match(
            await alone(pod("containers.0.lifecycle.preStop", { exec: { command: ["sh", "-c", "sleep 3"] } })),
            /waits 3 s/,
        );
        assert.equal(await alone(pod("containers.0.lifecycle.preStop", { exec: { command: ["sleep", "15"] } })), "");
        assert.match(
            await alone(pod("terminationGracePeriodSeconds", 5)),
            /killed after 5 s, and preStop alone takes 5/,
        );
    });

    it("asks for pods enough, and for a budget", async () => {
        assert.match(
            await alone(deployment("review", "v1", 1), { minReplicas: 2 }),
            /review-v1 has 1 pods; at least 2/,
        );
        assert.equal(await alone(deployment("review", "v1", 0), { minReplicas: 2 }), "");
        assert.match((await judge([deployment("review", "v1")])).join(), /review-v1 has no PodDisruptionBudget/);
    });

    it("asks nothing of pods that take no requests", async () => {
        assert.deepEqual(await judge([pod("containers.0.ports", undefined)]), []);
    });
});

describe("policies of pods", () => {
    const says = async (policy: string, one: Made, config: Body = {}): Promise<string> =>
        (await findings(policy, [one], { config })).join("\n");

    it("pinned-images refuses images without tag, with one that moves, and without digest where one is asked for", async () => {
        const image = (name: string): Made => pod("containers.0.image", name);
        assert.match(await says("pinned-images", image("localhost:5000/review")), /has no tag, which means latest/);
        assert.match(await says("pinned-images", image("review:latest")), /has the tag latest, which moves/);
        assert.equal(await says("pinned-images", image("localhost:5000/review:1.2")), "");
        assert.match(await says("pinned-images", image("review:1.2"), { digest: true }), /has no digest/);
        assert.equal(await says("pinned-images", image("review@sha256:abc"), { digest: true }), "");
    });

    it("set-resources names what is missing", async () => {
        assert.match(
            await says("set-resources", pod("containers.0.resources", { requests: { cpu: "1" } })),
            /no resources\.requests\.memory, resources\.limits\.memory/,
        );
    });

    for (const [path, value, message] of [
        ["securityContext.runAsNonRoot", undefined, /may run as root/],
        ["securityContext.seccompProfile", undefined, /has no seccomp profile/],
        ["hostNetwork", true, /hostNetwork is true/],
        ["volumes", [{ name: "root", hostPath: { path: "/" } }], /volume root is a hostPath/],
        ["containers.0.securityContext.privileged", true, /is privileged/],
        [
            "containers.0.securityContext.capabilities",
            { drop: ["ALL"], add: ["NET_ADMIN"] },
            /adds capabilities NET_ADMIN/,
        ],
        ["containers.0.securityContext.allowPrivilegeEscalation", undefined, /may gain privileges/],
        ["initContainers", [{ name: "init" }], /container init: may gain privileges/],
    ] as const)
        it(`restricted-pods refuses ${path} = ${JSON.stringify(value)}`, async () => {
            assert.match(await says("restricted-pods", pod(path, value)), message);
            assert.equal(await says("restricted-pods", pod(path, value), { exempt: ["review-v1"] }), "");
        });
});

describe("policies of the mesh's edge", () => {
    const peers = (spec: Body): Made => made("PeerAuthentication", "peers", "security.istio.io/v1", spec);
    const gateway = (...servers: Body[]): Made => made("Gateway", "edge", "networking.istio.io/v1", { servers });
    const https = { port: { number: 443, protocol: "HTTPS" }, hosts: ["shop.example.com"] };

    it("strict-mtls refuses permissive peers, one port of them, and a rule that turns TLS off", async () => {
        assert.match(
            (await findings("strict-mtls", [peers({ mtls: { mode: "PERMISSIVE" } })])).join(),
            /sets mTLS to PERMISSIVE/,
        );
        const port = peers({ mtls: { mode: "STRICT" }, portLevelMtls: { 8080: { mode: "DISABLE" } } });
        assert.match((await findings("strict-mtls", [port])).join(), /DISABLE at port 8080/);
        const rule = made("DestinationRule", "dr", "networking.istio.io/v1", {
            host: "review",
            trafficPolicy: { tls: { mode: "DISABLE" } },
        });
        assert.match((await findings("strict-mtls", [rule])).join(), /turns TLS off for review/);
    });

    it("strict-mtls asks for a rule in each namespace with sidecars and services", async () => {
        const metadata = { name: "shop", labels: { "istio-injection": "enabled" } };
        const namespace: Made = { name: "shop", apiVersion: "v1", kind: "Namespace", metadata, spec: {} };
        assert.match(
            (await findings("strict-mtls", [namespace, ...review()])).join(),
            /namespace shop has sidecars and takes plain text too/,
        );
        assert.deepEqual(
            await findings("strict-mtls", [namespace, ...review(), peers({ mtls: { mode: "STRICT" } })]),
            [],
        );
    });

    it("gateway-tls refuses plain HTTP that does not redirect, and HTTPS without certificate or with old TLS", async () => {
        const http = { port: { number: 80, protocol: "HTTP" }, hosts: ["shop.example.com"] };
        assert.match((await findings("gateway-tls", [gateway(http)])).join(), /port 80: serves HTTP in plain/);
        assert.deepEqual(await findings("gateway-tls", [gateway({ ...http, tls: { httpsRedirect: true } })]), []);
        assert.match(
            (await findings("gateway-tls", [gateway({ ...https, tls: { mode: "SIMPLE" } })])).join(),
            /has no certificate/,
        );
        const old = { ...https, tls: { mode: "SIMPLE", credentialName: "cert", minProtocolVersion: "TLSV1_0" } };
        assert.match((await findings("gateway-tls", [gateway(old)])).join(), /takes TLSV1_0/);
    });

    it("gateway-hosts refuses *, also with a namespace, and also in routes", async () => {
        assert.match(
            (await findings("gateway-hosts", [gateway({ ...https, hosts: ["shop/*"] })])).join(),
            /Gateway edge is for every host/,
        );
        assert.match(
            (await findings("gateway-hosts", [routesOf([], { hosts: ["*"] })])).join(),
            /VirtualService review-vs is for every host/,
        );
        assert.deepEqual(
            await findings("gateway-hosts", [gateway({ ...https, hosts: ["*"] })], {
                config: { allowEveryHost: true },
            }),
            [],
        );
        assert.deepEqual(await findings("gateway-hosts", [gateway(https)]), []);
    });
});

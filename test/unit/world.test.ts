import * as assert from "node:assert/strict";
import { askedName, fit, fullHost, shortHost } from "../../components/traffic/world/hosts";
import type { Match } from "../../components/traffic/world/istio";
import { annotationsFor, marksOf } from "../../components/traffic/world/marks";
import { placed, type Placed, worldKind } from "../../components/traffic/world/objects";
import { protocolsOf } from "../../components/traffic/world/ports";
import { objectsInState } from "../../components/traffic/world/state";
import { type Body, encrypted, unknown } from "../../components/traffic/world/values";
import { type Rule, routesIn, whyUnreadable } from "../../components/traffic/world/virtualServices";
import { overlay, reading, subsetOf, workloadsBehind } from "../../components/traffic/world/world";
import { scaledElsewhere, workloadOf } from "../../components/traffic/world/workloads";
import { deployment, service, world } from "../support/worlds";

const body = (value: object): Body => value as Body;
const virtualService = (name: string, spec: object, namespace = "shop", metadata: object = {}): Placed =>
    placed("VirtualService", body({ metadata: { name, namespace, ...metadata }, spec }));
const to = (subset: string): object => ({ route: [{ destination: { host: "review", subset } }] });

describe("a host in an object of Istio's", () => {
    it("is a Service of the object's namespace where it has no dot, and stands as it is where it has one", () => {
        assert.equal(fullHost("Review", "shop"), "review.shop.svc.cluster.local");
        assert.equal(fullHost("review.shop", "shop"), "review.shop");
        assert.equal(fullHost("shop.example.com", "shop"), "shop.example.com");
        assert.equal(fullHost("*", "shop"), "*");
        assert.equal(fullHost("*.example.com", "shop"), "*.example.com");
    });
    it("is called by its Service's name, with the namespace where that is another", () => {
        assert.equal(shortHost("review.shop.svc.cluster.local"), "review");
        assert.equal(shortHost("review.stage.svc.cluster.local", "shop"), "review.stage");
        assert.equal(shortHost("shop.example.com", "shop"), "shop.example.com");
    });
    it("fits a name itself best, then by the longest wildcard, and never the bare domain of one", () => {
        assert.equal(fit("a.example.com", "a.example.com"), Infinity);
        assert.ok((fit("*.a.example.com", "x.a.example.com") ?? 0) > (fit("*.example.com", "x.a.example.com") ?? 0));
        assert.equal(fit("*", "a.example.com"), 0);
        assert.equal(fit("*.example.com", "example.com"), undefined);
        assert.equal(fit("*.example.com", ".example.com"), undefined);
    });
    it("is asked for in every short form that the cluster's name server knows", () => {
        const isService = (name: string): boolean => name === "review.stage.svc.cluster.local";
        assert.equal(askedName("review.stage", "shop", isService), "review.stage.svc.cluster.local");
        assert.equal(askedName("review", "stage", isService), "review.stage.svc.cluster.local");
        assert.equal(askedName("review", "shop", isService), "review.shop.svc.cluster.local");
        assert.equal(askedName("review.other", "shop", isService), "review.other");
    });
});

describe("delegates", () => {
    const rulesWith = (outer: object, inner: object[], delegate: object = {}, where = "shop"): readonly Rule[] => {
        const root = virtualService("root", { hosts: ["review"], http: [{ name: "root", ...outer }] });
        const part = virtualService("part", { http: inner, ...delegate }, where);
        return routesIn([root, part])[0]?.rules.http ?? [];
    };
    const matches = (outer: Match[] | undefined, inner: Match[] | undefined): (readonly Match[] | undefined)[] =>
        rulesWith({ match: outer, delegate: { name: "part" } }, [{ match: inner, ...to("v1") }]).map(
            ({ match }) => match,
        );

    it("serve in the place of the rule that leads to them, and are no routes of their own", () => {
        const rules = rulesWith(
            { delegate: { name: "part", namespace: "team" } },
            [to("v1"), { name: "b", ...to("v2") }],
            {},
            "team",
        );
        assert.deepEqual(
            rules.map(({ title, namespace, owner }) => [title, namespace, owner]),
            [
                ["root, rule 1 of part", "team", "shop/root"],
                ["root, b of part", "team", "shop/root"],
            ],
        );
        assert.equal(routesIn([virtualService("part", { http: [] })]).length, 0);
    });
    it("are for requests that meet the conditions of both", () => {
        const prefix = { uri: { prefix: "/a" } };
        const test = { headers: { "x-group": { exact: "test" } } };
        assert.deepEqual(matches([prefix], [test]), [[{ ...prefix, ...test }]]);
        assert.deepEqual(matches([prefix], [{ uri: { exact: "/a/b" } }]), [[{ uri: { exact: "/a/b" } }]]);
        assert.deepEqual(matches([prefix], undefined), [[prefix]]);
        assert.deepEqual(matches(undefined, [test]), [[test]]);
    });
    it("are left out as a whole where one block of conditions lies within none of the outer ones", () => {
        const inside = { uri: { prefix: "/a/b" } };
        assert.deepEqual(matches([{ uri: { prefix: "/a" } }], [inside, { uri: { prefix: "/b" } }]), []);
        assert.deepEqual(matches([{ uri: { regex: "/a.*" } }], [inside]), []);
        assert.deepEqual(matches([{ uri: { prefix: "/a" }, ignoreUriCase: true }], [inside]), []);
        assert.deepEqual(matches([{ port: 80 }], [{ port: 81 }]), []);
        assert.deepEqual(matches([{ headers: { a: { exact: "x" } } }], [{ headers: { a: { exact: "y" } } }]), []);
        assert.deepEqual(matches([{ sourceLabels: { app: "a" } }], [{ sourceLabels: { app: "b" } }]), []);
    });
    it("take over what they do not say themselves: fault, timeout, rewrite and headers", () => {
        const fault = { abort: { percentage: { value: 100 }, httpStatus: 500 } };
        const [first, second] = rulesWith({ fault, timeout: "1s", delegate: { name: "part" } }, [
            to("v1"),
            { ...to("v2"), timeout: "5s" },
        ]);
        assert.deepEqual([first?.fault, first?.timeout], [fault, "1s"]);
        assert.deepEqual([second?.fault, second?.timeout], [fault, "5s"]);
    });
    it("are not there where they don't exist, or are not exported to the root's namespace", () => {
        const outer = { delegate: { name: "part", namespace: "team" } };
        assert.equal(rulesWith(outer, [to("v1")]).length, 0);
        assert.equal(rulesWith(outer, [to("v1")], { exportTo: ["."] }, "team").length, 0);
        assert.equal(rulesWith(outer, [to("v1")], { exportTo: ["shop"] }, "team").length, 1);
    });
    it("make the whole of it unreadable where they can't be read", () => {
        const root = virtualService("root", { hosts: ["review"], http: [{ delegate: { name: "part" } }] });
        const part = virtualService("part", { http: [{ route: [{ destination: { host: unknown } }] }] });
        assert.match(routesIn([root, part])[0]?.unreadable ?? "", /not known at preview/);
    });
});

describe("the age of VirtualServices", () => {
    const made = (name: string, creationTimestamp?: string): Placed =>
        virtualService(name, { hosts: ["review"], http: [to("v1")] }, "shop", { creationTimestamp });
    const order = (...objects: Placed[]): string[] => reading(world(objects)).routes.map(({ id }) => id);

    it("puts the oldest first, what is yet to be made last, and equally old ones by name", () => {
        const [old, young] = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"];
        assert.deepEqual(order(made("new"), made("b", young), made("z", old), made("a", young)), [
            "shop/z",
            "shop/a",
            "shop/b",
            "shop/new",
        ]);
        assert.deepEqual(order(made("z"), made("a")), ["shop/z", "shop/a"], "in the order of the program");
    });
});

describe("the protocol of a Service's ports", () => {
    const of = (...ports: object[]) => protocolsOf({ body: body({ spec: { ports } }) });
    it("is said by appProtocol, else by the name up to its first dash", () => {
        assert.deepEqual(of({ name: "http-web" }), ["http"]);
        assert.deepEqual(of({ name: "tcp-web" }), ["tcp"]);
        assert.deepEqual(of({ name: "tcp-web", appProtocol: "http" }), ["http"]);
        assert.deepEqual(of({ name: "grpc-web-x" }), ["http"]);
        assert.deepEqual(of({ name: "https" }), ["tls"]);
        assert.deepEqual(
            of({ name: "web", appProtocol: "kubernetes.io/wss" }),
            ["tls"],
            "encrypted, so no HTTP to see",
        );
        assert.deepEqual(of({ name: "web" }), ["http"], "which the proxy finds out itself");
        assert.deepEqual(of({ name: "dns", protocol: "UDP" }), ["tcp"]);
    });
    it("is each one once, and HTTP where there are no ports", () => {
        assert.deepEqual(of({ name: "http" }, { name: "http2" }, { name: "tcp-admin" }), ["http", "tcp"]);
        assert.deepEqual(of(), ["http"]);
    });
});

describe("what can't be read", () => {
    const why = (http: unknown): string | undefined => whyUnreadable(body({ spec: { hosts: ["review"], http } }));
    const weighted = (...weights: unknown[]): unknown => [
        { route: weights.map((weight) => ({ destination: { host: "review", subset: "v1" }, weight })) },
    ];
    it("is a value that the preview does not know, or that the state has only encrypted", () => {
        assert.match(why([{ route: [{ destination: { host: unknown } }] }]) ?? "", /not known at preview/);
        assert.match(why([{ route: [{ destination: { host: encrypted } }] }]) ?? "", /only encrypted/);
        assert.match(why(unknown) ?? "", /not known at preview/);
        assert.match(why("rules") ?? "", /no lists of rules/);
    });
    it("is a weight that is no whole number from 0, and says of which version", () => {
        assert.match(why(weighted(90, unknown)) ?? "", /the weight of v1 is not known at preview/);
        assert.match(why(weighted("90")) ?? "", /the weight of v1 is the text "90"/);
        assert.match(why(weighted(33.3)) ?? "", /is 33.3/);
        assert.match(why(weighted(-1)) ?? "", /is -1/);
    });
    it("is nothing of routes with plain values, of a weight left out, and of none at all", () => {
        assert.equal(why(weighted(90, 10)), undefined);
        assert.equal(why([to("v1")]), undefined);
        assert.equal(why(undefined), undefined);
    });
});

describe("the marks of a release", () => {
    it("come back from the annotations as they were given, numbers as numbers", () => {
        const marks = { service: "review", stable: "v1", maxRaise: 25, maxRaiseTogether: 100, inPlace: "v2" };
        assert.deepEqual(marksOf(body({ metadata: { annotations: annotationsFor(marks) } })), marks);
    });
    it("are not there where they are empty or no number", () => {
        const annotations = { "upshift.dev/stable": "", "upshift.dev/max-raise": "many" };
        assert.deepEqual(marksOf(body({ metadata: { annotations } })), {});
    });
});

describe("a Pulumi type", () => {
    it("is of the world by its group and kind, in every version", () => {
        assert.equal(worldKind("kubernetes:networking.istio.io/v1beta1:VirtualService"), "VirtualService");
        assert.equal(worldKind("kubernetes:core/v1:Service"), "Service");
        assert.equal(worldKind("kubernetes:apps/v1:Deployment"), "Deployment");
        assert.equal(worldKind("kubernetes:serving.knative.dev/v1:Service"), undefined);
        assert.equal(worldKind("kubernetes:core/v1:ConfigMap"), undefined);
    });
});

describe("an update over what a cluster has", () => {
    const workload = (objects: readonly Placed[]) => {
        const [found] = workloadsBehind(world(objects), "review.shop.svc.cluster.local");
        return found;
    };
    const live = service({ weights: { v1: 100 }, pods: { v1: 3 }, ready: { v1: 2 } });
    const updated = (spec: object, metadata: object = {}): Placed =>
        placed("Deployment", body({ metadata: { name: "review-v1", namespace: "shop", ...metadata }, spec }));
    const template = { metadata: { labels: { app: "review", version: "v1" } } };

    it("keeps ready pods where their number stays, and takes the new number where it changes", () => {
        const same = overlay(world(live), [updated({ replicas: 3, template })]);
        assert.equal(workload(same.objects)?.pods, 2);
        const more = overlay(world(live), [updated({ replicas: 6, template })]);
        assert.equal(workload(more.objects)?.pods, 6);
    });
    it("leaves the number of pods as it is where the program leaves it open", () => {
        const open = overlay(world(live), [updated({ template })]);
        assert.deepEqual([workload(open.objects)?.wanted, workload(open.objects)?.pods], [3, 2]);
    });
    it("leaves it as it is also where a state remembers another that others have set since", () => {
        const remembered = updated({ replicas: 9, template }, { annotations: { [scaledElsewhere]: "true" } });
        const same = workload(overlay(world(live), [remembered]).objects);
        assert.deepEqual([same?.wanted, same?.ready], [3, 2]);
    });
    it("keeps when an object was made, and makes new ones last", () => {
        const made = virtualService("old", { hosts: ["review"] }, "shop", {
            creationTimestamp: "2026-01-01T00:00:00Z",
        });
        const next = overlay(world(made), [
            virtualService("old", { hosts: ["a"] }),
            virtualService("new", { hosts: ["a"] }),
        ]);
        assert.deepEqual(
            reading(next).routes.map(({ id, created }) => [id, created]),
            [
                ["shop/old", "2026-01-01T00:00:00Z"],
                ["shop/new", "later"],
            ],
        );
    });
    it("has one pod of a workload whose program asks for no number any more, which nobody else has set", () => {
        const urn = "urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment::review-v1";
        const open = updated({ template });
        const pods = (...layers: Placed[]): number | undefined =>
            reading(layers.slice(1).reduce((under, next) => overlay(under, [next]), world(layers[0] ?? [])))
                .workloads[0]?.pods;
        const [own, cluster] = [{ ...updated({ replicas: 9, template }), urn }, updated({ replicas: 9, template })];
        assert.equal(pods(own, open), 1);
        assert.equal(pods(cluster, own, open), 1);
        // Of what is live alone nobody knows who asked for it; of what the state leaves open it was somebody else.
        assert.equal(pods(cluster, open), 9);
        assert.equal(pods(cluster, { ...open, urn }, open), 9);
        const annotated = updated({ template }, { annotations: { [scaledElsewhere]: "true" } });
        assert.equal(pods(own, annotated), 9);
    });
    it("takes away what is removed, and leaves all else", () => {
        const next = overlay(world(live), [], new Set(["apps/Deployment shop/review-v1"]));
        assert.equal(workload(next.objects), undefined);
        assert.equal(next.objects.length, live.length - 1);
    });
    it("does not change what it is laid over", () => {
        const before = JSON.stringify(live);
        overlay(world(live), [updated({ replicas: 9, template })]);
        assert.equal(JSON.stringify(live), before);
    });
});

describe("what a program asks for that a cluster has", () => {
    const applied = deployment({ pods: 2 });
    const liveWith = (change: (spec: Record<string, unknown>) => object): Placed => {
        const spec = JSON.parse(JSON.stringify(applied.body.spec)) as Record<string, unknown>;
        return { ...applied, body: { ...applied.body, spec: change(spec) as Body } };
    };
    const templateOf = (object: Placed) => reading(world(object)).workloads[0]?.template;
    const asked = (live: Placed) => overlay(world(live), [applied]).objects[0] ?? live;

    it("is the same code where the mesh's proxy shall start before it", () => {
        const { template } = applied.body.spec as { template: { metadata: object } } & Body;
        const annotations = { "sidecar.istio.io/nativeSidecar": "true" };
        const again = { ...template, metadata: { ...template.metadata, annotations } };
        const next = {
            ...applied,
            body: { ...applied.body, spec: { ...(applied.body.spec as object), template: again } },
        };
        const live = liveWith((spec) => ({ ...spec, template: { ...(spec.template as object), status: "filled in" } }));
        const [after = live] = overlay(world(live), [next]).objects;
        assert.equal(templateOf(after), templateOf(live));
    });
    it("is other code where the proxy is told to let everything pass", () => {
        const { template } = applied.body.spec as { template: { metadata: object } } & Body;
        const annotations = { "sidecar.istio.io/interceptionMode": "NONE" };
        const again = { ...template, metadata: { ...template.metadata, annotations } };
        const spec = { ...(applied.body.spec as object), template: again };
        const next = { ...applied, body: { ...applied.body, spec } } as unknown as Placed;
        const [after = applied] = overlay(world(applied), [next]).objects;
        assert.notEqual(templateOf(after), templateOf(applied));
    });
    it("is the same code with what the API server fills in", () => {
        const live = liveWith((spec) => {
            const template = spec.template as { spec: { containers: object[] }; metadata: object };
            const [container] = template.spec.containers;
            const filledIn = { ...container, imagePullPolicy: "IfNotPresent", terminationMessagePath: "/dev/log" };
            return {
                ...spec,
                revisionHistoryLimit: 10,
                template: { ...template, spec: { ...template.spec, containers: [filledIn], restartPolicy: "Always" } },
            };
        });
        assert.notEqual(templateOf(live), templateOf(applied));
        assert.equal(templateOf(asked(live)), templateOf(live));
    });
    it("is other code where somebody changed the image", () => {
        const live = liveWith(
            (spec) => JSON.parse(JSON.stringify(spec).replace("review:v1", "review:edited")) as object,
        );
        assert.match(templateOf(live) ?? "", /review:edited/);
        assert.equal(templateOf(asked(live)), templateOf(applied));
    });
});

describe("pods behind a host", () => {
    it("are counted of a StatefulSet by its replicas, and of a DaemonSet by its nodes", () => {
        const template = { metadata: { labels: { app: "web", version: "v1" } } };
        const of = (kind: string, spec: object, status: object): Placed =>
            placed(kind, body({ metadata: { name: kind, namespace: "shop" }, spec: { template, ...spec }, status }));
        const found = [
            of("StatefulSet", { replicas: 3 }, { readyReplicas: 2 }),
            of("DaemonSet", {}, { desiredNumberScheduled: 4, numberReady: 1 }),
            of("DaemonSet", {}, { desiredNumberScheduled: 4, numberReady: 0 }),
        ].map(workloadOf);
        assert.deepEqual(
            found.map(({ wanted, ready, pods }) => [wanted, ready, pods]),
            [
                [3, 2, 2],
                [4, 1, 1],
                [4, 0, 4],
            ],
        );
    });
    it("are counted in a state, too", () => {
        const outputs = { metadata: { name: "web", namespace: "shop" }, status: { numberReady: 2 } };
        const [daemon] = objectsInState([{ urn: "u", type: "kubernetes:apps/v1:DaemonSet", outputs }]);
        assert.equal(daemon?.readyPods, 2);
    });
    it("are those that the Service selects, and of a subset those with its labels", () => {
        const objects = world(service({ weights: { v1: 50, v2: 50 } }), service({ namespace: "stage" }));
        const host = "review.shop.svc.cluster.local";
        const names = (labels?: Record<string, string>) => workloadsBehind(objects, host, labels).map(({ id }) => id);
        assert.deepEqual(names(), ["shop/review-v1", "shop/review-v2"]);
        assert.deepEqual(names(subsetOf(objects, host, "v2")?.labels), ["shop/review-v2"]);
        assert.deepEqual(names({ version: "v9" }), []);
    });
    it("are none of a Service without a selector", () => {
        const bare = placed("Service", body({ metadata: { name: "review", namespace: "shop" }, spec: {} }));
        assert.deepEqual(workloadsBehind(world(bare, deployment({})), "review.shop.svc.cluster.local"), []);
    });
    it("run the same code also after a restart by kubectl", () => {
        const restarted = deployment({});
        const spec = restarted.body.spec as Body;
        const template = spec.template as Body;
        const annotations = { "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z" };
        const metadata = { ...(template.metadata as Body), annotations };
        const again = {
            ...restarted,
            body: { ...restarted.body, spec: { ...spec, template: { ...template, metadata } } },
        };
        const templateOf = (one: Placed) => reading(world(one)).workloads[0]?.template;
        assert.equal(templateOf(again), templateOf(restarted));
    });
});

import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { chainDestinations } from "../../components/traffic/split/chain";
import type { Marks } from "../../components/traffic/world/marks";
import { deployment, made, type Made, marked, serviceObjects, virtualService } from "../support/policyObjects";
import { findings, judged, type Situation, urnOf } from "../support/policyRun";

const review = (
    v2: number,
    rest: { testers?: string; replicas?: Record<string, number>; marks?: Marks } = {},
): Made[] => serviceObjects("review", { weights: { v1: 100 - v2, v2 }, ...rest });
const without = (objects: readonly Made[], ...names: string[]): Made[] =>
    objects.filter(({ name }) => !names.includes(name));
const withRoutes = (routes: Made): Made[] => [...without(review(0), "review-vs"), routes];
const withImage = (one: Made, image: string): Made => {
    const copy = JSON.parse(JSON.stringify(one)) as Made;
    (copy.spec.template as { spec: { containers: { image: string }[] } }).spec.containers.forEach(
        (container) => (container.image = image),
    );
    return copy;
};
const changed = (objects: readonly Made[], name: string, change: (one: Made) => Made): Made[] =>
    objects.map((one) => (one.name === name ? change(one) : one));

describe("policy step-size", () => {
    const size = (proposed: readonly Made[], situation: Situation): Promise<string[]> =>
        findings("step-size", proposed, situation);

    it("says what, from and to, the limit and the next allowed value", async () => {
        assert.deepEqual(await size(review(90), { applied: review(25) }), [
            "review: v2 25 → 90 is a raise of 65 points; at most 25 a step: try 50, or declare a blue/green switch after a header test",
        ]);
    });

    it("allows any move towards the stable version that is applied, or that the pack itself is told", async () => {
        assert.deepEqual(await size(review(0), { applied: review(100) }), []);
        const other = { stable: "v2" };
        assert.deepEqual(await size(review(100, { marks: other }), { applied: review(0, { marks: other }) }), []);
        const unmarked = { stable: "" };
        assert.deepEqual(
            await size(review(100, { marks: unmarked }), {
                applied: review(0, { marks: unmarked }),
                config: { stable: { review: "v2" } },
            }),
            [],
        );
    });

    it("measures by what is applied: a step can't bring the stable version along by which it would be none", async () => {
        const said = await size(review(100, { marks: { stable: "v2" } }), {
            applied: review(0),
            stackConfig: { stable: { review: "v2" } },
        });
        assert.match(said.join("\n"), /v2 0 → 100 is a raise of 100 points/);
        assert.match(said.join("\n"), /stable v1 → v2: that is a step of its own/);
    });

    it("never lets a version rise by more than the limit, and never stops one that does not rise", async () => {
        const share = fc.integer({ min: 0, max: 100 });
        await fc.assert(
            fc.asyncProperty(
                share,
                share,
                fc.integer({ min: 1, max: 100 }),
                fc.boolean(),
                async (from, to, maxRaise, isUpdate) => {
                    const said = await size(review(to), { applied: review(from), config: { maxRaise }, isUpdate });
                    assert.equal(said.length > 0, to - from > maxRaise, said.join());
                },
            ),
            { numRuns: 60 },
        );
    });

    it("takes no first deployment for a step", async () => {
        assert.deepEqual(await size(review(100), {}), []);
    });

    it("takes the larger raise where the cluster has something else than the state", async () => {
        const said = await size(review(30), { applied: review(25), live: review(0) });
        assert.match(said.join(), /v2 0 → 30 is a raise of 30 points \(the state has v2 25, the cluster has v2 0\)/);
        assert.match((await size(review(60), { live: review(0) })).join(), /raise of 60 points/);
    });

    it("refuses what it can't judge: no state, weights that are not known", async () => {
        assert.match(
            (await size(review(1), { unreadable: "error: no backend" })).join(),
            /could not be read.*no backend/,
        );
        const notKnown = virtualService("review", { v1: 10, v2: "3eeb2bf0-c639-47a8-9e75-3b44932eb421" });
        assert.match((await size(withRoutes(notKnown), { applied: review(0) })).join(), /not known at preview/);
    });

    it("finds the applied routes under another name, another spelling of the host, another provider", async () => {
        const spelled = (host: string): Made => {
            const routes = virtualService("review", { v1: 10, v2: 90 }, undefined, "other");
            return { ...routes, spec: { ...routes.spec, hosts: [host] } };
        };
        // A name with a dot is taken as it stands: `review.shop` is another host to Istio.
        for (const host of ["review", "review.shop.svc.cluster.local"])
            assert.match(
                (await size(withRoutes(spelled(host)), { applied: review(0) })).join(),
                /review: v2 0 → 90/,
                host,
            );
    });

    it("looks at every rule that users meet: a path, a header that anything fits, no weight at all", async () => {
        const routes = (...http: Made["spec"][]): Made => {
            const one = virtualService("review", { v1: 100, v2: 0 });
            return { ...one, spec: { hosts: ["review"], http: [...http, ...(one.spec.http as Made["spec"][])] } };
        };
        const toV2 = { route: [{ destination: { host: "review", subset: "v2" } }] };
        for (const match of [
            { uri: { prefix: "/api" } },
            { headers: { "user-agent": { regex: ".*" } } },
            { headers: { ":path": { prefix: "/" } } },
            { withoutHeaders: { "x-no": { exact: "1" } } },
            {},
        ])
            assert.match(
                (await size(withRoutes(routes({ match: [match], ...toV2 })), { applied: review(0) })).join(),
                /v2 0 → 100 is a raise of 100 points/,
                JSON.stringify(match),
            );
        const testers = routes({ match: [{ headers: { "x-group": { exact: "test" } } }], ...toV2 });
        assert.deepEqual(await size(withRoutes(testers), { applied: review(0) }), []);
    });

    it("judges services that move at once together, each once", async () => {
        const product = (v2: number): Made[] => serviceObjects("product", { weights: { v1: 100 - v2, v2 } });
        const proposed = [...review(20), ...product(20)];
        const applied = [...review(0), ...product(0)];
        const { resources, stack } = await judged("step-size", proposed, { applied });
        assert.deepEqual(resources, []);
        assert.equal(stack.length, 1);
        assert.match(stack.join(), /together a raise of 40 points; at most 25 a step/);
        assert.match((await judged("step-size", proposed, { applied, isUpdate: true })).resources.join(), /together/);
        assert.deepEqual(await size(proposed, { applied, config: { maxRaiseTogether: 100 } }), []);
    });

    it("judges an edge that decides for a chain by its releases, and lets it hand the decision back", async () => {
        const toRelease = (version: string): object => ({
            name: version,
            match: [{ headers: { "x-release": { exact: version } } }],
            route: [{ destination: { host: "composite", subset: version } }],
        });
        const composite = changed(
            serviceObjects("composite", { weights: { v1: 100, v2: 0 } }),
            "composite-vs",
            (one) => ({
                ...one,
                spec: {
                    ...one.spec,
                    http: [toRelease("v1"), toRelease("v2"), ...(one.spec.http as object[])] as never,
                },
            }),
        );
        const edge = (v2?: number): Made[] => {
            const destination = { host: "composite" };
            const of = { v1: 100 - (v2 ?? 0), v2: v2 ?? 0 };
            const route = v2 === undefined ? [{ destination }] : chainDestinations(destination, ["v1", "v2"], of);
            const spec = { hosts: ["shop.example.com"], http: [{ name: "weighted", route }] as never };
            const marks = { stable: "v1", service: "shop" };
            return [...composite, marked(made("VirtualService", "edge", "networking.istio.io/v1", spec), marks)];
        };
        assert.match((await size(edge(90), { applied: edge(25) })).join(), /shop: v2 25 → 90 is a raise/);
        assert.match((await size(edge(90), { applied: edge() })).join(), /shop: v2 0 → 90 is a raise/);
        assert.deepEqual(await size(edge(25), { applied: edge() }), []);
        assert.deepEqual(await size(edge(0), { applied: edge(90) }), []);
        assert.deepEqual(await size(edge(), { applied: edge(25) }), []);
    });

    it("lets an edge back whose release nobody of this stack goes by", async () => {
        const edge = (v2: number): Made => {
            const route = chainDestinations({ host: "composite" }, ["v1", "v2"], { v1: 100 - v2, v2 });
            const spec = { hosts: ["shop.example.com"], http: [{ name: "weighted", route }] as never };
            return marked(made("VirtualService", "edge", "networking.istio.io/v1", spec), { stable: "v1" });
        };
        assert.deepEqual(await size([edge(0)], { applied: [edge(100)] }), []);
        assert.deepEqual(await size([edge(25)], { applied: [edge(0)] }), []);
        assert.match((await size([edge(90)], { applied: [edge(25)] })).join(), /v2 25 → 90 is a raise of 65 points/);
    });

    it("judges versions in other namespaces by their namespaces", async () => {
        const routes = (prod: number): Made => {
            const route = [
                { destination: { host: "demoapp.prod.svc.cluster.local" }, weight: prod },
                { destination: { host: "demoapp.stage.svc.cluster.local" }, weight: 100 - prod },
            ];
            const spec = { hosts: ["demo.example.com"], gateways: ["app-gateway"], http: [{ route }] };
            return marked(made("VirtualService", "demoapp", "networking.istio.io/v1", spec), { stable: "prod" });
        };
        assert.match((await size([routes(30)], { applied: [routes(100)] })).join(), /demo\.example\.com: stage 0 → 70/);
        assert.deepEqual(await size([routes(100)], { applied: [routes(0)] }), []);
    });

    it("judges shares by pods where a Service has no routes", async () => {
        const pods = (v1: number, v2: number): Made[] =>
            without(review(0, { replicas: { v1, v2 } }), "review-vs", "review-dr");
        assert.deepEqual(await size(pods(3, 1), { applied: pods(4, 0) }), []);
        assert.match((await size(pods(1, 3), { applied: pods(4, 0) })).join(), /review: v2 0 → 75/);
        assert.match(
            (await judged("step-size", pods(1, 3), { applied: pods(4, 0), isUpdate: true })).resources.join(),
            /0 → 75/,
        );
        assert.deepEqual(await size(pods(4, 0), { applied: pods(1, 3) }), []);
    });

    it("takes routes that are removed, and routes that are new, for the step that they are", async () => {
        const noRoutes = without(review(0), "review-vs");
        assert.match((await size(noRoutes, { applied: review(0) })).join(), /review: v2 0 → 50/);
        const onlyV1 = without(noRoutes, "review-v2");
        assert.match((await size(review(90), { applied: onlyV1 })).join(), /review: v2 0 → 90/);
    });

    it("judges a patch of somebody else's routes like routes of one's own", async () => {
        const patch = { ...virtualService("review", { v1: 10, v2: 90 }), kind: "VirtualServicePatch" };
        assert.match((await size(withRoutes(patch), { applied: review(0) })).join(), /review: v2 0 → 90/);
    });
});

describe("policy blue-green", () => {
    const declared = { blueGreen: "v2" };
    const proposed = review(100, { marks: declared });

    it("allows a declared switch to a version that testers could reach, with as many pods", async () => {
        const situation = { applied: review(0, { testers: "v2", marks: declared }) };
        assert.deepEqual(await findings("blue-green", proposed, situation), []);
        assert.deepEqual(await findings("step-size", proposed, situation), []);
    });

    it("refuses one that no header led to, in what is applied and not in what is proposed", async () => {
        const said = await findings("blue-green", review(100, { testers: "v2", marks: declared }), {
            applied: review(0, { marks: declared }),
        });
        assert.match(said.join(), /no header leads to v2 in what is applied/);
    });

    it("refuses one with fewer ready pods than stable has", async () => {
        const pods = { replicas: { v1: 3, v2: 1 }, marks: declared };
        const applied = review(0, { testers: "v2", ...pods });
        const said = await findings("blue-green", review(100, pods), { applied });
        assert.match(said.join(), /v2 has 1 ready pods and v1 3/);
    });

    it("counts what was declared in a step before, and not what the switch brings along", async () => {
        const applied = review(0, { testers: "v2" });
        const late = await findings("step-size", proposed, {
            applied,
            stackConfig: { blueGreen: { review: "v2" } },
        });
        assert.match(late.join(), /raise of 100 points/);
    });

    it("refuses other code than testers could reach", async () => {
        const applied = review(0, { testers: "v2", marks: declared });
        const swapped = changed(proposed, "review-v2", () => withImage(deployment("review", "v2"), "review:v2.1"));
        const said = await findings("blue-green", swapped, { applied });
        assert.match(said.join(), /what testers reach as v2 is not what is to run/);
    });
});

describe("policy serving-version", () => {
    const serving = (proposed: readonly Made[], situation: Situation): Promise<string[]> =>
        findings("serving-version", proposed, situation);
    const relabel = (one: Made): Made => ({
        ...one,
        spec: { ...one.spec, template: { metadata: { labels: { app: "review", version: "v3" } } } },
    });

    it("lets pods of a version that serves nobody be removed, relabelled and scaled to 0", async () => {
        for (const applied of [review(0)]) {
            assert.deepEqual(await serving(without(review(0), "review-v2"), { applied }), []);
            assert.deepEqual(await serving(changed(review(0), "review-v2", relabel), { applied }), []);
            assert.deepEqual(await serving(review(0, { replicas: { v2: 0 } }), { applied }), []);
        }
    });

    for (const [how, applied] of [
        ["by weight", review(25)],
        ["by header", review(0, { testers: "v2" })],
    ] as const) {
        const serves = how === "by weight" ? "serves 25 %" : "serves testers";

        it(`refuses to remove, scale to 0, relabel or replace one that serves ${how}`, async () => {
            assert.deepEqual(await serving(without(applied, "review-v2"), { applied }), [
                `review: v2 ${serves}, and Deployment review-v2 is removed; take its traffic away in a step before`,
            ]);
            const scaled = changed(applied, "review-v2", () => deployment("review", "v2", 0));
            assert.match(
                (await serving(scaled, { applied })).join(),
                new RegExp(`review: v2 ${serves} and is scaled 1 → 0; at least 1`),
            );
            assert.match(
                (await serving(changed(applied, "review-v2", relabel), { applied })).join(),
                /its pods lose version=v2/,
            );
            const renamed = changed(applied, "review-v2", (one) => ({
                ...one,
                metadata: { ...one.metadata, name: "new" },
            }));
            assert.match((await serving(renamed, { applied })).join(), /is replaced, because its name changes/);
        });
    }

    it("refuses also when the same step takes the traffic away: requests are under way", async () => {
        assert.match(
            (await serving(without(review(0), "review-v2"), { applied: review(25) })).join(),
            /review-v2 is removed/,
        );
    });

    it("sees a removal before anything is applied, from what depended on it", async () => {
        const routes = { "review-vs": [urnOf(deployment("review", "v2"))] };
        const proposed = without(review(25), "review-v2");
        const { resources } = await judged("serving-version", proposed, {
            applied: review(25),
            dependencies: routes,
            isUpdate: true,
        });
        assert.match(resources.join(), /Deployment review-v2 is removed/);
        assert.deepEqual(
            (await judged("serving-version", review(25), { applied: review(25), dependencies: routes })).resources,
            [],
        );
    });

    it("takes a resource that was renamed with an alias for the same one", async () => {
        const renamed = changed(review(25), "review-v2", (one) => ({ ...one, name: "second", aliases: ["review-v2"] }));
        assert.deepEqual(await serving(renamed, { applied: review(25) }), []);
    });

    it("keeps the subset, its labels and the Service by which a serving version is reached", async () => {
        const rule =
            (subsets: Made["spec"][]): ((one: Made) => Made) =>
            (one) => ({ ...one, spec: { host: "review", subsets } });
        const [v1, v3] = [
            { name: "v1", labels: { version: "v1" } },
            { name: "v3", labels: { version: "v3" } },
        ];
        assert.match(
            (await serving(changed(review(25), "review-dr", rule([v1])), { applied: review(25) })).join(),
            /its subset is removed from review-dr/,
        );
        const relabelled = rule([v1, { ...v3, name: "v2" }]);
        assert.match(
            (await serving(changed(review(25), "review-dr", relabelled), { applied: review(25) })).join(),
            /relabelled version=v2 → version=v3/,
        );
        assert.match(
            (await serving(without(review(25), "review-dr"), { applied: review(25) })).join(),
            /DestinationRule review-dr, by which it is reached, is removed/,
        );
    });

    it("lets a service with users go as a whole where the config says so, and refuses it where it does not", async () => {
        assert.match(
            (await serving([], { applied: review(25) })).join(),
            /review: its pods still serve 100 % of its users, and it is taken away.*\n {2}fix: pulumi config set remove review/,
        );
        assert.deepEqual(await serving([], { applied: review(25), stackConfig: { remove: ["review"] } }), []);
    });

    it("lets it go in an update, too, whatever of it another service depended on", async () => {
        const [applied, web] = [review(40), serviceObjects("web", { weights: { v1: 100, v2: 0 } })];
        const parts = ["Deployment", "DestinationRule", "Service", "VirtualService"];
        for (const kind of parts)
            for (const policy of ["serving-version", "step-size", "freeze-window"]) {
                const needed = applied.filter((one) => one.kind === kind).map(urnOf);
                const said = await findings(policy, web, {
                    applied: [...applied, ...web],
                    live: [...applied, ...web],
                    stackConfig: { remove: "review" },
                    config: { windows: [{ cron: "* * * * *", minutes: 60 }] },
                    dependencies: { "web-vs": needed },
                    isUpdate: true,
                });
                assert.deepEqual(said, [], `${policy} ${kind}`);
            }
    });

    it("takes none of it for gone that an update has in another form", async () => {
        const situation = { applied: review(0), live: review(0), stackConfig: { remove: "review" }, isUpdate: true };
        const rule = changed(review(0), "review-dr", (one) => ({ ...one, spec: { ...one.spec, exportTo: ["*"] } }));
        for (const policy of ["serving-version", "step-size"])
            for (const proposed of [rule, without(rule, "review", "review-v1", "review-v2")])
                assert.deepEqual((await judged(policy, proposed, situation)).resources, [], policy);
    });

    it("judges what stays of it in an update, when it is registered", async () => {
        const situation = { applied: review(0), stackConfig: { remove: "review" }, isUpdate: true };
        assert.match((await judged("step-size", review(100), situation)).resources.join(), /v2 0 → 100 is a raise/);
    });
});

describe("policy freeze-window", () => {
    const weekend = { windows: [{ cron: "0 16 * * 5", minutes: 3840, timeZone: "Europe/Berlin", reason: "weekend" }] };
    const at = (now: string, proposed: Made[], applied: Made[]): Promise<string[]> =>
        findings("freeze-window", proposed, { applied, config: weekend, now });

    it("refuses every raise while a window is open, and says until when", async () => {
        assert.deepEqual(await at("2026-11-20T15:00:00Z", review(1), review(0)), [
            'review: v2 0 → 1 falls into the freeze "weekend" (0 16 * * 5 Europe/Berlin); at most 0 until 2026-11-23T07:00:00.000Z; moves towards stable are allowed',
        ]);
    });

    it("opens and closes to the minute in the window's time zone, daylight saving included", async () => {
        assert.deepEqual(await at("2026-11-20T14:59:59Z", review(1), review(0)), []);
        assert.deepEqual(await at("2026-11-23T07:00:00Z", review(1), review(0)), []);
        assert.deepEqual(await at("2026-07-03T13:59:59Z", review(1), review(0)), []);
        assert.equal((await at("2026-07-03T14:00:00Z", review(1), review(0))).length, 1);
    });

    it("always lets a rollback through", async () => {
        assert.deepEqual(await at("2026-11-21T12:00:00Z", review(0), review(60)), []);
    });

    it("names a window that is no time", async () => {
        const config = { windows: [{ cron: "every friday", minutes: 5 }] };
        await assert.rejects(
            findings("freeze-window", review(1), { applied: review(0), config }),
            /"every friday" in UTC is no time/,
        );
    });
});

describe("policy second-person", () => {
    const jump = { applied: review(0), config: { above: 25 } };
    const ofCi = ["UPSHIFT_AUTHOR", "UPSHIFT_APPROVERS", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "CIRCLE_USERNAME"];
    const variables = [...ofCi, "BUILD_REQUESTEDFOREMAIL"];
    const before = variables.map((name) => [name, process.env[name]] as const);
    /** What it says of the jump, of one who is in CI. */
    const inCi = async (env: Record<string, string>, approvedBy: string, author?: string): Promise<string> => {
        Object.assign(process.env, env);
        return (await findings("second-person", review(50), { ...jump, stackConfig: { approvedBy, author } })).join();
    };

    beforeEach(() => variables.forEach((name) => delete process.env[name]));
    after(() => {
        for (const [name, value] of before)
            if (value === undefined) delete process.env[name];
            else process.env[name] = value;
    });

    it("asks for a mark on a large raise, by somebody else than the author", async () => {
        assert.match(
            (await findings("second-person", review(50), jump)).join(),
            /v2 0 → 50 is a raise of 50 points; above 25 a second person approves: try 25/,
        );
        const own = { ...jump, stackConfig: { approvedBy: "Ada", author: "ada" } };
        assert.match((await findings("second-person", review(50), own)).join(), /Ada is the author/);
        const other = { ...jump, stackConfig: { approvedBy: "Grace", author: "ada" } };
        assert.deepEqual(await findings("second-person", review(50), other), []);
    });

    it("believes whom CI runs for, and no config that names another author", async () => {
        for (const variable of ["GITHUB_ACTOR", "GITLAB_USER_LOGIN"]) {
            assert.match(await inCi({ [variable]: "ada" }, "Ada", "bob"), /Ada is the author/, variable);
            delete process.env[variable];
        }
    });

    it("lets the one merge who has approved, where the workflow says who wrote it", async () => {
        const merged = { UPSHIFT_AUTHOR: "ada", UPSHIFT_APPROVERS: '["grace"]', GITHUB_ACTOR: "grace" };
        assert.equal(await inCi(merged, "Grace"), "");
        assert.match(await inCi(merged, "ada"), /ada is the author/);
    });

    it("takes no mark of one who has approved nothing, where the workflow says who has", async () => {
        const merged = { UPSHIFT_AUTHOR: "ada", GITHUB_ACTOR: "bob" };
        assert.match(
            await inCi({ ...merged, UPSHIFT_APPROVERS: '["bob"]' }, "grace"),
            /grace has not approved this change \(bob has\)/,
        );
        assert.match(await inCi({ ...merged, UPSHIFT_APPROVERS: "[]" }, "grace"), /\(nobody has\)/);
    });

    it("asks for none on a small raise or a rollback", async () => {
        assert.deepEqual(await findings("second-person", review(25), jump), []);
        assert.deepEqual(await findings("second-person", review(0), { ...jump, applied: review(100) }), []);
    });
});

import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { readSettings } from "../../systems/config/read";
import { reportProblems } from "../../rollout/config/report";
import { knownSystems } from "../../systems/systems";
import { weights } from "../support/weights";

const read = (values: Record<string, unknown>) =>
    readSettings(
        Object.fromEntries(
            Object.entries(values).map(([key, value]) => [
                key,
                typeof value === "string" ? value : JSON.stringify(value),
            ]),
        ),
    );
const problems = (values: Record<string, unknown>) =>
    read(values).problems.map((problem) => `${problem.at}: ${problem.message}`);

describe("config", () => {
    it("is complete when it is empty: every request to v1, one pod each", () => {
        const { settings } = read({});
        assert.deepEqual(settings?.services.review, {
            name: "review",
            versions: ["v1", "v2"],
            stable: "v1",
            weights: { v1: 100, v2: 0 },
            canaryHeader: undefined,
            strategy: "mesh",
            replicas: 1,
            total: 4,
            counted: {},
            images: {},
            routing: {},
        });
        assert.equal(settings?.target, "auto");
    });
    it("takes the weights of any split service", () => {
        fc.assert(
            fc.property(weights(), fc.constantFrom("product", "recommendation", "review"), (given, service) => {
                const { settings } = read({
                    weights: { [service]: given },
                    images: { [service]: { v3: "local/shop:v3" } },
                });
                assert.deepEqual(settings?.services[service]?.weights, given);
            }),
        );
    });
    it("takes the mark of a version that was taken back by hand, with which no release was declared", () => {
        assert.deepEqual(problems({ release: { review: { aborted: "v2" } } }), []);
    });
    it("tells all problems at once", () => {
        assert.deepEqual(
            problems({
                wieghts: { review: {} },
                weights: { review: { v1: 90, v2: 20 }, reviews: { v1: 100 } },
                canaryHeader: { exact: "a", prefix: "b", to: "v7" },
                replicas: { all: 2 },
                stable: { product: "v5" },
            }),
            [
                "wieghts: unknown key; the nearest known one is weights",
                "weights.reviews: there is no reviews here; the nearest is review",
                "canaryHeader.name: the header has no name",
                "canaryHeader: the header has exact and prefix, and takes one of them",
                "canaryHeader.to: no service has a version v7",
                "stable.product: there is no version v5; the versions are v1, v2",
                "weights.review: v1 90 + v2 20 = 110, and weights must sum to 100",
            ],
        );
    });
    it("tells them beside values that can't be read", () => {
        assert.deepEqual(
            problems({
                target: "embeded",
                replicas: { all: "two" },
                limits: { maxRaise: 500 },
                weights: { review: { v1: 90, v2: 20 } },
                canaryHeader: { name: "X-group", to: "v2" },
            }).map((problem) => problem.split(": ")[0]),
            ["target", "limits.maxRaise", "replicas.all", "canaryHeader", "weights.review"],
        );
    });
    it("finds no other key at fault for what can't be read of one", () => {
        const every: Record<string, unknown>[] = [
            {
                system: "shop,notifications",
                target: "context",
                context: "theirs",
                hosts: { shop: "canarydemo.awseksstudy.com", notifications: "minikube.me" },
                images: { review: { v3: "local/shop:v3" } },
                weights: { review: { v1: 50, v3: 50 }, notification: { v1: 80, v2: 20 }, shop: { v1: 100, v2: 0 } },
                stable: { review: "v3", product: "v1", notification: "v2" },
                blueGreen: { review: "v3" },
                inPlace: { review: "v3" },
                strategy: { notification: "replicas" },
                total: { notification: 5 },
                replicas: { review: 2 },
                release: { review: { to: "v3" } },
                canaryHeader: { name: "X-group", exact: "test", to: "v3" },
            },
            {
                system: "notifications",
                strategy: { notification: "mesh" },
                routing: { notification: { timeout: "2s", mirror: { to: "v2" } } },
                stable: { notification: "v2" },
                canaryHeader: { name: "X-group", exact: "test", to: "v2" },
            },
            {
                system: "tiers",
                weights: { frontend: { v3: 100 } },
                replicas: { "backend-v3": 2 },
                images: { frontend: { v3: "local/tiers:v3" }, backend: { v3: "local/tiers:v3" } },
            },
        ];
        for (const whole of every) {
            assert.deepEqual(problems(whole), []);
            for (const key of Object.keys(whole)) {
                const { problems: found } = read({ ...whole, [key]: [["no such thing"]] });
                assert.deepEqual(
                    found.filter(({ at }) => !at.startsWith(key)),
                    [],
                    key,
                );
            }
        }
    });
    it("refuses a regular expression that no proxy can read, wherever one may stand", () => {
        const match = {
            path: { regex: "(" },
            headers: { "x-beta": { regex: "(?=a)" } },
            cookies: { group: { regex: "a" } },
        };
        assert.deepEqual(
            problems({
                canaryHeader: { name: "X-group", regex: "[a", to: "v2" },
                routing: { review: { canaryMatch: { any: [match], to: "v2" } } },
            }).slice(0, 3),
            [
                'canaryHeader.regex: "[a" is no regular expression of RE2: missing closing ]: `[a`',
                'routing.review.canaryMatch.any[0].headers.x-beta.regex: "(?=a)" is no regular expression of RE2: invalid or unsupported Perl syntax: `(?=`',
                'routing.review.canaryMatch.any[0].path.regex: "(" is no regular expression of RE2: missing closing ): `(`',
            ],
        );
        assert.deepEqual(problems({ canaryHeader: { name: "X-group", regex: "v[0-9]+|beta", to: "v2" } }), []);
    });
    it("offers a command that finds a key in a list, which a shell leaves as it is", () => {
        const any = [{ path: { exact: "/a" }, cookie: "b" }];
        const { problems: found } = read({ routing: { review: { canaryMatch: { any, to: "v2" } } } });
        assert.deepEqual(
            found.map(({ fix }) => fix),
            ["pulumi config rm --path 'routing.review.canaryMatch.any[0].cookie'"],
        );
    });
    it("offers a host that nobody has, where two systems have the same", () => {
        const { problems: found } = read({ system: "shop,tiers,workshop", hosts: { workshop: "tiers.minikube.me" } });
        assert.deepEqual(
            found.map(({ fix }) => fix),
            ["pulumi config set --path hosts.workshop workshop.minikube.me"],
        );
        const { problems: other } = read({ system: "workshop,tiers", hosts: { workshop: "tiers.minikube.me" } });
        assert.deepEqual(
            other.map(({ fix }) => fix),
            ["pulumi config set --path hosts.tiers tiers-2.minikube.me"],
        );
    });
    it("refuses an unknown target and names the nearest", () => {
        assert.deepEqual(read({ target: "embeded" }).problems[0], {
            at: "target",
            message: '"embeded" is none of auto, k3d, minikube, context, embedded',
            fix: "pulumi config set target embedded",
        });
    });
    it("refuses weights that are negative, fractional or text", () => {
        assert.equal(problems({ weights: { review: { v1: -5, v2: 105 } } }).length, 2);
        assert.equal(problems({ weights: { review: { v1: 79.5, v2: 20.5 } } }).length, 2);
        assert.deepEqual(problems({ weights: { review: { v1: 80, v2: "20" } } }), [
            'weights.review.v2: "20" is not a whole number from 0 to 100',
        ]);
        assert.equal(problems({ weights: "80/20" }).length, 1);
    });
    it("never takes the current context by accident", () => {
        assert.match(problems({ target: "context" })[0] ?? "", /needs the name of a kubeconfig context/);
    });
    it("applies the canary header to every service that has its version", () => {
        const { settings } = read({ canaryHeader: { name: "X-group", exact: "test", to: "v2" } });
        const led = Object.values(settings?.services ?? {}).filter((service) => service.canaryHeader);
        assert.deepEqual(
            led.map((service) => service.name),
            ["product", "recommendation", "review"],
        );
    });
    it("takes a text letter by letter, which Pulumi's CLI writes as true or as a number", () => {
        const header = (exact: unknown) =>
            read({ canaryHeader: { name: "X-group", exact, to: "v2" } }).settings?.services.review?.canaryHeader?.exact;
        assert.deepEqual([header(true), header(1), header(-7), header("01")], ["true", "1", "-7", "01"]);
        const match = { any: [{ headers: { "x-beta": { exact: true } }, sourceLabels: { wave: 2 } }], to: "v2" };
        assert.deepEqual(
            read({ routing: { review: { canaryMatch: match } } }).settings?.services.review?.routing.canaryMatch,
            {
                any: [{ headers: { "x-beta": { exact: "true" } }, sourceLabels: { wave: "2" } }],
                to: "v2",
            },
        );
    });
    it("refuses a number that may have been typed in another way", () => {
        assert.deepEqual(problems({ canaryHeader: { name: "X-group", exact: 1.1, to: "v2" } }), [
            "canaryHeader.exact: 1.1 is a number, and its digits may not be those that were typed: put it into quotes",
        ]);
    });
    it("runs the systems that it names, each with its services", () => {
        const { settings } = read({ system: "shop" });
        assert.deepEqual(Object.keys(settings?.systems ?? {}), ["shop"]);
        assert.deepEqual(problems({ system: ["shop", "shopp"] }), [
            `system: there is no system shopp; the systems are ${knownSystems.map(({ name }) => name).join(", ")}`,
        ]);
        const { problems: twice } = read({ system: "shop,stages,shop" });
        assert.deepEqual(twice, [
            { at: "system", message: "shop is named twice", fix: "pulumi config set system shop,stages" },
        ]);
    });
    it("refuses a strategy, a total and settings that do not fit, and a chain beside weights of its own", () => {
        assert.deepEqual(
            problems({
                strategy: { review: "replicas" },
                total: { product: 4 },
                shop: { a: 1 },
                weights: { shop: { v1: 80, v2: 20 }, product: { v1: 50, v2: 50 } },
                routing: { product: { affinity: {}, mirror: { to: "v9" } } },
            }),
            [
                "weights.product: product is split by itself while weights.shop moves the whole chain",
                "shop: shop has no settings of its own",
                "total.product: only strategy replicas takes a total; product has mesh strategy",
                "routing.product.affinity.cookie: the cookie has no name",
                "routing.product.mirror.to: there is no version v9; the versions are v1, v2",
                "strategy.review: strategy replicas does not fit review; it takes mesh",
            ],
        );
    });
    it("lets the services of a chain follow it once it has another version for all, and not before", () => {
        const given = (chain: object, more: object = {}): string[] =>
            problems({ weights: { shop: chain, product: { v1: 50, v2: 50 } }, ...more });
        const split = ["weights.product: product is split by itself while weights.shop moves the whole chain"];
        assert.deepEqual(given({ v1: 0, v2: 100 }), []);
        assert.deepEqual(given({ v1: 100, v2: 0 }), split);
        assert.deepEqual(given({ v1: 0, v2: 100 }, { stable: { product: "v2" } }), split);
    });
    it("takes the release of a chain by the chain's name", () => {
        assert.deepEqual(problems({ release: { shop: { to: "v2", probe: { path: "/product-composite/2" } } } }), []);
        assert.deepEqual(problems({ release: { shp: { to: "v2" } } }), [
            "release.shp: there is no shp here; the nearest is shop",
        ]);
    });
    it("moves a chain by one weight", () => {
        const { settings } = read({ weights: { shop: { v1: 80, v2: 20 } } });
        assert.deepEqual(settings?.systems.shop?.chainWeights, { v1: 80, v2: 20 });
    });
    it("gives either settings or problems for whatever text it gets", () => {
        fc.assert(
            fc.property(
                fc.dictionary(
                    fc.constantFrom(
                        "weights",
                        "canaryHeader",
                        "stable",
                        "replicas",
                        "images",
                        "target",
                        "system",
                        "routing",
                        "hosts",
                        "shop",
                    ),
                    fc.json(),
                ),
                (values) => {
                    const { settings, problems: found } = readSettings(values);
                    return (settings === undefined) === found.length > 0;
                },
            ),
        );
    });
});

describe("the report of config problems", () => {
    it("names what, the file's line and the command that fixes it", () => {
        const text =
            "config:\n  upshift:target: embedded\n  upshift:weights:\n    review:\n      v1: 80\n      v2: 30\n";
        const { problems: found } = read({ weights: { review: { v1: 80, v2: 30 } } });
        assert.equal(
            reportProblems("upshift", found, { name: "Pulumi.dev.yaml", text }),
            [
                "1 problem in the stack's config; nothing was changed.",
                "upshift:weights.review: v1 80 + v2 30 = 110, and weights must sum to 100.",
                "  in Pulumi.dev.yaml, line 4",
                "  fix: pulumi config set --path weights.review.v2 20",
            ].join("\n"),
        );
    });
});

import * as assert from "node:assert/strict";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { appliedIn } from "../../rollout/applied";
import { splitNamed, splitsIn, splitsOf } from "../../rollout/splits";

const versions = ["v1", "v2"];
const urn = (type: string, name: string): string => `urn:pulumi:dev::theirs::${type}::${name}`;
const object = (api: string, kind: string, name: string, namespace: string, spec: object, annotations = {}) => {
    const type = `kubernetes:${api}:${kind}`;
    const inputs = { metadata: { name, namespace, annotations }, spec };
    return { urn: urn(type, `${namespace}-${name}`), type, inputs, outputs: inputs };
};
const istio = "networking.istio.io/v1";
const split = (host: string, namespace: string, v2: number, annotations = {}) => [
    object(istio, "DestinationRule", `${host}-dr`, namespace, subsetsFor({ host, versions })),
    object(
        istio,
        "VirtualService",
        `${host}-vs`,
        namespace,
        routesFor({ host, versions, weights: { v1: 100 - v2, v2 } }),
        annotations,
    ),
];
const state = (...resources: object[]) => appliedIn({ deployment: { resources } }, "/theirs");
const names = (...resources: object[]): string[] =>
    splitsIn(state(...resources)).map(({ service, at }) => [service, at].filter(Boolean).join(" "));

describe("what a stack splits", () => {
    it("is read from routes for Services that others have made, and are in no state", () => {
        const [only, ...others] = splitsIn(state(...split("shop", "theirs", 20)));
        assert.deepEqual(others, []);
        assert.deepEqual(
            [only?.service, only?.by, only?.place.host, only?.routes.weights],
            ["shop", "mesh", "shop.theirs.svc.cluster.local", { v1: 80, v2: 20 }],
        );
    });
    it("is called as its marks call it, and goes back to the version that they name", () => {
        const marks = { "upshift.dev/service": "store", "upshift.dev/stable": "v2" };
        const [only] = splitsIn(state(...split("shop", "theirs", 20, marks)));
        assert.deepEqual([only?.service, only?.stable], ["store", "v2"]);
    });
    it("is shared by pods where a Service is marked and no routes are there", () => {
        const service = object(
            "core/v1",
            "Service",
            "mail",
            "theirs",
            { selector: { app: "mail" }, ports: [{ port: 80, name: "http" }] },
            { "upshift.dev/service": "mail", "upshift.dev/stable": "v1" },
        );
        const pods = (version: string, replicas: number) =>
            object("apps/v1", "Deployment", `mail-${version}`, "theirs", {
                replicas,
                template: { metadata: { labels: { app: "mail", version } }, spec: {} },
            });
        const [only] = splitsIn(state(service, pods("v1", 3), pods("v2", 1)));
        assert.deepEqual([only?.by, only?.routes.weights], ["pods", { v1: 75, v2: 25 }]);
    });
    it("is no Service alone, and no edge that leads everybody to one place", () => {
        const service = object("core/v1", "Service", "web", "theirs", {
            selector: { app: "web" },
            ports: [{ port: 80 }],
        });
        const edge = object(istio, "VirtualService", "edge", "theirs", {
            hosts: ["shop.example.com"],
            gateways: ["istio-ingress/gateway"],
            http: [{ route: [{ destination: { host: "web" } }] }],
        });
        assert.deepEqual(names(service, edge), []);
    });
    it("leaves out what only waits for being deleted", () => {
        const leaving = split("shop", "theirs", 20).map((one) => ({ ...one, delete: true }));
        assert.deepEqual(names(...leaving, ...split("mail", "theirs", 0)), ["mail"]);
    });
    it("is told apart by namespace where two are called the same", () => {
        const both = [...split("shop", "blue", 20), ...split("shop", "green", 50)];
        assert.deepEqual(names(...both), ["shop in blue", "shop in green"]);
        const splits = splitsIn(state(...both));
        assert.equal(splitNamed(splits, "shop.green", "dev").routes.weights.v2, 50);
        assert.equal(splitNamed(splits, "shop in blue", "dev").routes.weights.v2, 20);
        assert.throws(
            () => splitNamed(splits, "shop", "dev"),
            /in 2 places\.\n {2}fix: name one: shop\.blue, shop\.green/,
        );
    });
    it("is an error with the near name where another is asked for", () => {
        const splits = splitsIn(state(...split("review", "theirs", 20), ...split("mail", "theirs", 0)));
        assert.throws(
            () => splitNamed(splits, "reveiw", "prod"),
            /Stack prod splits no service reveiw; it splits mail, review\.\n {2}fix: name it: review$/,
        );
    });
    it("is an error with the way there where there is none", () => {
        assert.throws(() => splitsOf("dev", state()), /Nothing is applied of stack dev.*\n {2}fix: pulumi up/);
        const lone = object("core/v1", "ConfigMap", "one", "theirs", {});
        assert.throws(() => splitsOf("dev", state(lone)), /none of the 1 resources[^]*\n {2}fix: .*TrafficSplit/);
    });
});

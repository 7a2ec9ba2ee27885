import * as assert from "node:assert/strict";
import type { Program } from "../../systems/programs";
import { Asked, valueOf } from "../support/program";

interface Deployment {
    spec: {
        selector: { matchLabels: Record<string, string> };
        template: {
            spec: {
                securityContext: { sysctls?: object[] };
                containers: {
                    image: string;
                    args?: string[];
                    env: { name: string; value: string }[];
                    ports: object[];
                    readinessProbe: { httpGet: object };
                }[];
            };
        };
    };
}
interface Routes {
    spec: { hosts: string[]; gateways: string[]; http: { name: string; route: { weight?: number }[] }[] };
}

describe("the system stages", () => {
    let stages: Program;
    const asked = (config: Readonly<Record<string, string>> = {}) =>
        Asked.of(stages, { system: '["stages"]', ...config });
    const containerIn = (found: Asked, environment: string) =>
        found.one<Deployment>("Deployment", `${environment}/flaskapp`).spec.template.spec.containers[0];

    before(async function () {
        this.timeout(60_000);
        ({ stages } = await import("../../systems/stages/program"));
    });

    it("has Service and Deployment flaskapp in prod and in stage, with sidecars and mutual TLS alone", async () => {
        const found = await asked();
        assert.deepEqual(Object.keys(found.all("Namespace")).sort(), ["prod", "stage"]);
        for (const kind of ["Service", "Deployment", "ServiceAccount", "PodDisruptionBudget"])
            assert.deepEqual(Object.keys(found.all(kind)).sort(), ["prod/flaskapp", "stage/flaskapp"], kind);
        for (const environment of ["prod", "stage"]) {
            const { metadata } = found.one<{ metadata: { labels: Record<string, string> } }>("Namespace", environment);
            assert.equal(metadata.labels["istio-injection"], "enabled");
            const { spec } = found.one<{ spec: object }>("PeerAuthentication", `${environment}/strict`);
            assert.deepEqual(spec, { mtls: { mode: "STRICT" } });
        }
    });

    it("runs v1 in prod and v2 in stage, each under its environment's name", async () => {
        const found = await asked();
        for (const [environment, version] of [
            ["prod", "v1"],
            ["stage", "v2"],
        ] as const) {
            const container = containerIn(found, environment);
            assert.equal(container?.image, `upshift.local/demo:${version}`);
            assert.deepEqual(container.args, ["demoapp"]);
            assert.ok(container.env.some(({ name, value }) => name === "SERVED_AS" && value === environment));
        }
    });

    it("takes another image by config, under the same selector", async () => {
        const before = await asked();
        const after = await asked({ images: '{"demoapp":{"prod":"upshift.local/demo:v2"}}' });
        const selector = (found: Asked) => found.one<Deployment>("Deployment", "prod/flaskapp").spec.selector;
        assert.equal(containerIn(after, "prod")?.image, "upshift.local/demo:v2");
        assert.deepEqual(selector(after), selector(before));
    });

    it("asks an image that is not ours for its page, on its own port, and tells it nothing", async () => {
        const images = '{"demoapp":{"prod":"davarski/testing-app:v1"}}';
        const found = await asked({ images });
        const container = containerIn(found, "prod");
        assert.equal(container?.args, undefined);
        assert.deepEqual(container?.ports, [{ name: "http", containerPort: 80 }]);
        assert.deepEqual(container?.readinessProbe.httpGet, { path: "/", port: "http" });
        const { securityContext } = found.one<Deployment>("Deployment", "prod/flaskapp").spec.template.spec;
        assert.equal(securityContext.sysctls?.length, 1);
        const other = await asked({ images, stages: '{"port":8000}' });
        assert.deepEqual(containerIn(other, "prod")?.ports, [{ name: "http", containerPort: 8000 }]);
    });

    it("has the document's gateway for every host on port 80", async () => {
        const { spec } = (await asked()).one<{ spec: object }>("Gateway", "istio-ingress/app-gateway");
        assert.deepEqual(spec, {
            selector: { "upshift.dev/stack": "project.stack" },
            servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
        });
    });

    it("has the document's routes: prod and stage by weight, and testers by header", async () => {
        const found = await asked({
            weights: '{"demoapp":{"prod":70,"stage":30}}',
            canaryHeader: '{"name":"X-group","exact":"test","to":"stage"}',
        });
        const { spec } = found.one<Routes>("VirtualService", "istio-ingress/demoapp");
        assert.deepEqual(spec.hosts, ["*"]);
        assert.deepEqual(spec.gateways, ["istio-ingress/app-gateway"]);
        assert.deepEqual(
            spec.http.map(({ name, route }) => [name, route]),
            [
                ["canary-header", [{ destination: { host: "flaskapp.stage.svc.cluster.local" } }]],
                [
                    "weighted",
                    [
                        { destination: { host: "flaskapp.prod.svc.cluster.local" }, weight: 70 },
                        { destination: { host: "flaskapp.stage.svc.cluster.local" }, weight: 30 },
                    ],
                ],
            ],
        );
        assert.deepEqual(await valueOf(found.outputs.weights), { demoapp: { prod: 70, stage: 30 } });
    });

    it("serves one host alone where the config names one", async () => {
        const found = await asked({ hosts: '{"stages":"demoapp.test"}' });
        assert.deepEqual(found.one<Routes>("VirtualService", "istio-ingress/demoapp").spec.hosts, ["demoapp.test"]);
        assert.equal(found.outputs.url, "http://demoapp.test");
        assert.equal((await asked()).outputs.url, "http://stages.test");
    });
});

import * as assert from "node:assert/strict";
import type { Program } from "../../systems/programs";
import { Asked, valueOf } from "../support/program";

interface Routes {
    spec: { hosts: string[]; gateways?: string[]; http: { match?: object; route: object[]; retries: object }[] };
}

describe("the system workshop", () => {
    let workshop: Program;
    const asked = (config: Readonly<Record<string, string>> = {}) =>
        Asked.of(workshop, { system: '["workshop"]', ...config });

    before(async function () {
        this.timeout(60_000);
        ({ workshop } = await import("../../systems/workshop/program"));
    });

    it("begins with customers v1 alone, and has both subsets already", async () => {
        const found = await asked();
        assert.deepEqual(Object.keys(found.all("Deployment")).sort(), [
            "workshop/customers-v1",
            "workshop/web-frontend-v1",
        ]);
        const { spec } = found.one<{ spec: { host: string; subsets: { name: string }[] } }>(
            "DestinationRule",
            "workshop/customers",
        );
        assert.deepEqual([spec.host, spec.subsets.map(({ name }) => name)], ["customers", ["v1", "v2"]]);
        assert.deepEqual(await valueOf(found.outputs.weights), { customers: { v1: 100, v2: 0 } });
    });

    it("deploys v2 as soon as the config names it, without traffic", async () => {
        const found = await asked({ weights: '{"customers":{"v1":100,"v2":0}}' });
        assert.ok(found.all("Deployment")["workshop/customers-v2"]);
        assert.deepEqual(await valueOf(found.outputs.weights), { customers: { v1: 100, v2: 0 } });
    });

    it("routes user-agent: debug to v2 above the weights", async () => {
        const found = await asked({
            weights: '{"customers":{"v1":100,"v2":0}}',
            canaryHeader: '{"name":"user-agent","exact":"debug","to":"v2"}',
        });
        const { spec } = found.one<Routes>("VirtualService", "workshop/customers");
        assert.deepEqual(spec.hosts, ["customers"]);
        assert.deepEqual(
            spec.http.map(({ match, route }) => [match, route]),
            [
                [
                    [{ headers: { "user-agent": { exact: "debug" } } }],
                    [{ destination: { host: "customers", subset: "v2" } }],
                ],
                [
                    undefined,
                    [
                        { destination: { host: "customers", subset: "v1" }, weight: 100 },
                        { destination: { host: "customers", subset: "v2" }, weight: 0 },
                    ],
                ],
            ],
        );
    });

    it("gives v2 pods when only the debug route names it, and no share", async () => {
        const found = await asked({ canaryHeader: '{"name":"user-agent","exact":"debug","to":"v2"}' });
        assert.ok(found.all("Deployment")["workshop/customers-v2"]);
        assert.deepEqual(await valueOf(found.outputs.weights), { customers: { v1: 100, v2: 0 } });
    });

    it("serves web-frontend at its host, and tries nothing again", async () => {
        const found = await asked();
        const { spec } = found.one<Routes>("VirtualService", "workshop/web-frontend");
        assert.deepEqual(spec, {
            hosts: ["workshop.test"],
            gateways: ["istio-ingress/workshop-gateway"],
            http: [{ route: [{ destination: { host: "web-frontend" } }], retries: { attempts: 0 } }],
        });
        assert.equal(found.outputs.url, "http://workshop.test");
    });
});

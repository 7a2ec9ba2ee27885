import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { placeOf } from "../../cluster/choose";
import { projectRoot } from "../../cluster/paths";
import { settingsOfFile } from "../../systems/config/file";
import { bringUp } from "../../systems/checkout/begin";
import { targetOfStack } from "../../systems/checkout/target";

const policiesOf = (stack: string): Record<string, unknown> =>
    JSON.parse(fs.readFileSync(path.join(projectRoot(), `policies/config/${stack}.json`), "utf8")) as Record<
        string,
        unknown
    >;
const others = ["embedded", "k3d", "minikube"] as const;

describe("Pulumi.prod.yaml, for a cluster that matters", () => {
    const settings = settingsOfFile("upshift", "prod", projectRoot());

    it("names a context, a registry to pull from, and no other target that it may run on", () => {
        assert.equal(settings.target, "context");
        assert.ok(settings.context);
        assert.ok(settings.registry);
        assert.deepEqual(settings.allowedTargets, ["context"]);
    });

    it("has three pods of each version", () => {
        const services = Object.values(settings.services);
        assert.ok(services.length > 3);
        assert.deepEqual(
            services.map(({ name, replicas }) => [name, replicas]),
            services.map(({ name }) => [name, 3]),
        );
    });

    it("limits a step to a quarter of the users, of all services together, and begins with everybody on v1", () => {
        assert.deepEqual(settings.limits, { maxRaise: 25, maxRaiseTogether: 25 });
        for (const { weights } of Object.values(settings.services)) assert.equal(weights.v1, 100);
    });

    it("has policies that are mandatory, none softened, with the same limits: TLS is strict among them", () => {
        const policies = policiesOf("prod");
        assert.equal(policies.all, "mandatory");
        const softer = Object.values(policies).filter((policy) => {
            const level = (policy as { enforcementLevel?: string }).enforcementLevel ?? policy;
            return level === "advisory" || level === "disabled";
        });
        assert.deepEqual(softer, []);
        assert.deepEqual(policies["step-size"], settings.limits);
        for (const strict of ["strict-mtls", "gateway-tls"]) assert.ok(!(strict in policies), strict);
    });

    for (const target of others) {
        it(`refuses to come up on ${target} unless told, before anything is changed`, async () => {
            const chosen = targetOfStack("prod", { target });
            const fix = `pulumi config set --stack prod --path 'allowedTargets[1]' ${target}`;
            await assert.rejects(
                bringUp(chosen, () => assert.fail("something was begun")),
                (error: Error) => {
                    assert.match(error.message, /nothing was changed/);
                    assert.match(error.message, /Stack upshift\.prod does not run on .*: its config allows context/);
                    return error.message.includes(fix);
                },
            );
            assert.throws(
                () => placeOf({ ...settings, target }, "upshift.prod"),
                /does not run on .*Nothing was changed/,
            );
            const told = { ...settings, target, allowedTargets: [...settings.allowedTargets, target] };
            try {
                placeOf(told, "upshift.prod");
            } catch (error) {
                // Then it is only that there is no such cluster yet.
                assert.match((error as Error).message, /is not there/);
            }
        });
    }
});

describe("Pulumi.dev.yaml, for a laptop", () => {
    it("runs on any target, with one pod of each version and policies that advise", () => {
        const settings = settingsOfFile("upshift", "dev", projectRoot());
        assert.deepEqual([...settings.allowedTargets].sort(), ["context", ...others].sort());
        assert.deepEqual([...new Set(Object.values(settings.services).map(({ replicas }) => replicas))], [1]);
        assert.equal(policiesOf("dev").all, "advisory");
    });
});

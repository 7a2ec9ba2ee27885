import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { permissionFinding } from "../../cluster/context/permissions";
import { contextTarget, kubernetesFinding } from "../../cluster/context/target";
import type { ContextOptions } from "../../cluster/context/where";
import { explain } from "../../cluster/target";
import { bringUp } from "../../systems/checkout/begin";

/** What a cluster itself must say is tested against a real one: `test/long/context.test.ts`. */
describe("the context target, before any cluster has answered", () => {
    let folder: string;
    let kubeconfig: string;
    const target = (context: string | undefined, changes: Partial<ContextOptions> = {}) =>
        contextTarget({
            context,
            kubeconfig,
            istio: {},
            gateway: {},
            registry: "r",
            stack: "upshift.prod",
            ...changes,
        });

    before(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "context-"));
        kubeconfig = path.join(folder, "config");
        const context = (cluster: string) => ({ name: `on-${cluster}`, context: { cluster, user: "me" } });
        fs.writeFileSync(
            kubeconfig,
            JSON.stringify({
                clusters: [{ name: "dead", cluster: { server: "https://127.0.0.1:1" } }],
                users: [{ name: "me", user: { token: "x" } }],
                contexts: [context("dead"), context("forgotten")],
                "current-context": "on-dead",
            }),
        );
    });
    after(() => fs.rmSync(folder, { recursive: true }));

    it("names the contexts that there are, where the one that is asked for is not", async () => {
        assert.equal(
            explain(await target("produktion").check()),
            `  - There is no context produktion: ${kubeconfig} has on-dead, on-forgotten.\n` +
                "      fix: pulumi config set context NAME, with KUBECONFIG set to the file that has it",
        );
    });

    it("never takes the current context", async () => {
        assert.match(
            explain(await target(undefined).check()),
            /the current one is never taken by accident; .* has on-dead/,
        );
    });

    it("says which API server does not answer, why, and how to look", async () => {
        assert.match(
            explain(await target("on-dead").check()),
            /The API server https:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED.*\n {6}fix: see that this works: kubectl --context on-dead version$/,
        );
    });

    it("says that a context names a cluster which the file does not have", async () => {
        assert.match(explain(await target("on-forgotten").check()), /names a cluster that the file does not have/);
    });

    it("comes up on none of these", async () => {
        for (const context of ["produktion", undefined, "on-dead", "on-forgotten"]) {
            const chosen = { target: target(context), why: "", refused: [], hosts: [] };
            await assert.rejects(
                bringUp(chosen, () => undefined),
                /^Error: Target context \(.*\) can't be used; nothing was changed\.\n[^]*fix: /,
            );
        }
    });

    it("neither stops nor deletes a cluster", async () => {
        await assert.rejects(
            target("on-dead").down({ delete: true }, () => undefined),
            /was not made here, and is neither stopped nor deleted/,
        );
    });
});

describe("a release of Kubernetes", () => {
    const said = (version: string): string => explain(kubernetesFinding({ version, server: "https://k.example:6443" }));

    it("is taken from 1.31 to 1.37, and no other", () => {
        assert.deepEqual(["1.31.0", "1.36.3", "1.37.9"].map(said), ["", "", ""]);
        for (const version of ["1.30.14", "1.38.0"])
            assert.equal(
                said(version),
                `  - The cluster at https://k.example:6443 is Kubernetes ${version}; 1.31 up to, not including, 1.38 is supported.\n` +
                    "      fix: upgrade the cluster, or name another context: pulumi config set context NAME",
            );
    });
});

describe("what a user may not do", () => {
    const crds = { group: "apiextensions.k8s.io", resource: "customresourcedefinitions", verbs: ["create", "patch"] };

    it("is named as kubectl names it, with what an administrator runs", () => {
        const ports = { group: "", resource: "pods/portforward", verbs: ["get"] };
        const secrets = { group: "", resource: "secrets", verbs: ["get"], namespaces: ["istio-ingress", "hands-on"] };
        const asking = { stack: "prod", istio: false };
        assert.equal(
            explain(permissionFinding("alice", "production", [crds, ports, secrets], asking)),
            [
                "  - alice may not do all that is needed in context production. What is missing:",
                "      create, patch: customresourcedefinitions.apiextensions.k8s.io",
                "      get: pods/portforward",
                "      get: secrets in istio-ingress, hands-on",
                "      fix: an administrator of the cluster runs: npx upshift cluster role --user alice --stack prod | kubectl apply -f -",
            ].join("\n"),
        );
        assert.match(
            explain(permissionFinding("alice", "production", [crds], { stack: "prod", first: true, istio: true })),
            /--stack prod --first --install-istio \| kubectl/,
        );
        assert.deepEqual(permissionFinding("alice", "production", [], asking), []);
    });
});

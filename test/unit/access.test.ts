import * as assert from "node:assert/strict";
import * as os from "node:os";
import * as path from "node:path";
import { accessIn, accessInWords, accessOf, kubeconfigFile } from "../../rollout/access";

const signature = "4dabf18193072939515e22adb298388d";
const secretSign = "1b47061264138c4ac30d75fd1eb44270";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const contents = JSON.stringify({ apiVersion: "v1", users: [{ name: "admin", user: { token: "hunter2" } }] });

const provider = (name: string, inputs: Record<string, unknown>) => ({
    urn: `urn:pulumi:dev::theirs::pulumi:providers:kubernetes::${name}`,
    type: "pulumi:providers:kubernetes",
    inputs,
});
const made = (type: string, by: string) => ({
    urn: `urn:pulumi:dev::theirs::kubernetes:${type}::one`,
    type: `kubernetes:${type}`,
    provider: `urn:pulumi:dev::theirs::pulumi:providers:kubernetes::${by}::an-id`,
});

describe("how a stack's cluster is reached", () => {
    it("is as the provider reaches it that made the routes, and not as another one does", () => {
        const [edge, shop] = [provider("edge", { kubeconfig: "/edge" }), provider("shop", { kubeconfig: "/shop" })];
        const objects = [made("core/v1:Service", "edge"), made("networking.istio.io/v1:VirtualService", "shop")];
        assert.deepEqual(accessIn([edge, shop, ...objects], "/theirs"), { access: { kubeconfig: "/shop" } });
        const before = [provider("default", {}), shop];
        assert.deepEqual(accessIn(before, "/theirs"), { access: { kubeconfig: "/shop" } });
    });
    it("is by a path from the project's folder, as Pulumi has it, or from the user's home", () => {
        const of = (kubeconfig: string) => accessOf({ kubeconfig }, "/theirs").access?.kubeconfig;
        assert.equal(of("config/admin"), "/theirs/config/admin");
        assert.equal(of("~/.kube/other"), path.join(os.homedir(), ".kube/other"));
        assert.equal(of("/etc/admin"), "/etc/admin");
        assert.equal(of(contents), contents);
    });
    it("is left to the user's own kubeconfig where the provider leaves it open", () => {
        assert.deepEqual(accessOf({ kubeconfig: "", version: "4.34.2" }, "/theirs"), { access: {} });
        assert.deepEqual(accessOf({ context: "prod" }, "/theirs"), { access: { context: "prod" } });
    });
    it("is not known of a provider that renders YAML, of a cluster that is yet to be made, and of no provider", () => {
        assert.deepEqual(accessOf({ renderYamlToDirectory: "out" }, "/theirs"), {});
        assert.deepEqual(accessOf({ kubeconfig: unknown }, "/theirs"), {});
        assert.deepEqual(accessIn([made("core/v1:Service", "gone")], "/theirs"), {});
    });
    it("is a secret until its user opens it", () => {
        const sealed = { [signature]: secretSign, ciphertext: "v1:abc" };
        assert.deepEqual(accessOf({ kubeconfig: sealed }, "/theirs"), { isSecret: true });
        const opened = { [signature]: secretSign, plaintext: JSON.stringify(contents) };
        assert.deepEqual(accessOf({ kubeconfig: opened }, "/theirs"), { access: { kubeconfig: contents } });
    });
    it("is told without what opens it", () => {
        assert.equal(kubeconfigFile({ kubeconfig: contents }), undefined);
        assert.equal(accessInWords({ kubeconfig: contents }), "the current context of the kubeconfig in the state");
        assert.equal(accessInWords({ kubeconfig: "/etc/admin", context: "prod" }), "context prod of /etc/admin");
    });
});

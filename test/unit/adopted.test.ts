import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Gateway, Ingress, TokenCheck } from "../../components";
import { injectFrom } from "../../components/mesh/injection";
import { meshNamespace } from "../../components/mesh/namespace";

interface Namespace {
    metadata: { name: string; labels: Record<string, string> };
}
interface Custom {
    kind: string;
    metadata: { namespace: string };
    spec: unknown;
}

interface Selecting {
    spec: { selector: { matchLabels?: Record<string, string> } };
}

class System extends pulumi.ComponentResource {
    constructor(name: string, opts: pulumi.ComponentResourceOptions) {
        super("test:index:System", name, {}, opts);
        meshNamespace(name, { parent: this });
        const metadata = { name: "quiet", labels: { app: "quiet" } };
        new k8s.core.v1.Namespace("quiet", { metadata }, { parent: this });
    }
}

/** Namespaces by name, and custom resources by kind, of a gateway and a system that use a revision. */
async function made(revision: string | undefined): Promise<{ namespaces: Record<string, Namespace>; mtls: Custom[] }> {
    const namespaces: Record<string, Namespace> = {};
    const mtls: Custom[] = [];
    await pulumi.runtime.setMocks({
        newResource: ({ type, name, inputs }) => {
            if (type === "kubernetes:core/v1:Namespace") namespaces[name] = inputs as Namespace;
            if (type.endsWith(":PeerAuthentication")) mtls.push(inputs as Custom);
            return { id: `${name}-id`, state: inputs as Record<string, unknown> };
        },
        call: ({ inputs }) => inputs as Record<string, unknown>,
    });
    const opts = { transformations: injectFrom(revision) };
    new System("hands-on", opts);
    new Ingress("istio-ingressgateway", { chart: { chart: "gateway" } }, opts);
    await pulumi.runtime.disconnect();
    return { namespaces, mtls };
}

describe("the namespaces of a mesh", function () {
    this.timeout(30_000);

    it("ask the Istio of this stack for sidecars, and take mutual TLS alone", async () => {
        for (const revision of [undefined, "default"]) {
            const { namespaces, mtls } = await made(revision);
            assert.deepEqual(namespaces["hands-on"]?.metadata.labels, {
                "istio-injection": "enabled",
                "pod-security.kubernetes.io/warn": "baseline",
            });
            assert.equal(namespaces["istio-ingress"]?.metadata.labels["istio-injection"], "enabled");
            assert.deepEqual(
                mtls.map(({ metadata, spec }) => [metadata.namespace, spec]),
                [["hands-on", { mtls: { mode: "STRICT" } }]],
            );
        }
    });

    it("ask an adopted Istio by its revision or tag, with one label and not with two", async () => {
        const { namespaces } = await made("stable-1");
        for (const name of ["hands-on", "istio-ingress"]) {
            const labels = namespaces[name]?.metadata.labels ?? {};
            assert.equal(labels["istio.io/rev"], "stable-1", name);
            // The older label would win, and nobody would inject.
            assert.ok(!("istio-injection" in labels), name);
        }
        assert.equal(namespaces["istio-ingress"]?.metadata.labels["upshift.dev/stack"], "project.stack");
    });

    it("have Gateways and token checks that find the stack's own ingress pods, and nobody else's", async () => {
        const found: Record<string, unknown> = {};
        await pulumi.runtime.setMocks({
            newResource: ({ type, inputs }) => {
                found[type.split(":").at(-1) ?? ""] = inputs;
                return { id: "id", state: inputs as Record<string, unknown> };
            },
            call: ({ inputs }) => inputs as Record<string, unknown>,
        });
        const values = JSON.stringify({ labels: { team: "edge" } });
        const { namespace } = new Ingress("istio-ingressgateway", { chart: { chart: "gateway" }, values });
        new Gateway("gw", { namespace, hosts: ["shop.test"], tls: false });
        const token = { issuer: "https://shop.test", jwks: "{}", audiences: ["shop"], host: "shop.test", rules: [] };
        new TokenCheck("tokens", { namespace, ...token });
        await pulumi.runtime.disconnect();
        const ours = { "upshift.dev/stack": "project.stack" };
        assert.deepEqual((found.Release as { values: { labels: object } }).values.labels, { team: "edge", ...ours });
        assert.deepEqual((found.Gateway as Selecting).spec.selector, ours);
        for (const kind of ["RequestAuthentication", "AuthorizationPolicy"])
            assert.deepEqual((found[kind] as Selecting).spec.selector, { matchLabels: ours }, kind);
    });

    it("that ask nobody for sidecars go on asking nobody", async () => {
        const { namespaces } = await made("stable-1");
        assert.deepEqual(namespaces.quiet?.metadata.labels, { app: "quiet" });
    });
});

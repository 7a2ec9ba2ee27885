import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accessOf } from "../../components/split/meshAccess";

class System extends pulumi.ComponentResource {
    constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
        super("test:index:System", name, {}, opts);
    }
}

const nothingApplied = () => Promise.resolve([]);

describe("how a component's cluster is reached", function () {
    this.timeout(30_000);

    const withMocks = (isPreview: boolean): Promise<void> =>
        pulumi.runtime.setMocks(
            {
                newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: inputs as object }),
                call: ({ inputs }) => inputs as object,
            },
            "project",
            "stack",
            isPreview,
        );
    const accessBy = (args: k8s.ProviderArgs) => {
        const provider = new k8s.Provider("cluster", args);
        const around = new System("around", { providers: [provider] });
        return accessOf(new System("inside", { parent: around }), nothingApplied);
    };
    const place = { kubeconfig: "/home/me/kubeconfig", context: "k3d-upshift" };

    // Other tests go on in this process, and are none of them a preview.
    after(() => withMocks(false));

    for (const isPreview of [true, false])
        describe(isPreview ? "in a preview" : "in an update", () => {
            before(() => withMocks(isPreview));
            afterEach(() => pulumi.runtime.setAllConfig({}));

            it("is as its provider reaches it, which the components around it have", async () => {
                assert.deepEqual(await accessBy(place), { ...place, cluster: undefined });
            });
            it("is as the stack's config says, where no provider is named", async () => {
                pulumi.runtime.setAllConfig({ "kubernetes:context": "theirs" });
                const access = await accessOf(new System("alone"), nothingApplied);
                assert.deepEqual(access, { kubeconfig: undefined, context: "theirs", cluster: undefined });
            });
            it("is not known where the provider only renders YAML", async () => {
                assert.equal(await accessBy({ ...place, renderYamlToDirectory: "out" }), undefined);
            });
        });

    it("is not known before the cluster is: its kubeconfig is to be made in the same update", async () => {
        await withMocks(true);
        const made = new k8s.core.v1.ConfigMap("made-later");
        const kubeconfig = made.data.apply((data) => data.kubeconfig ?? "");
        assert.equal(await accessBy({ kubeconfig, context: "new" }), undefined);
    });
});

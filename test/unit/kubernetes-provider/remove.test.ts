import * as assert from "node:assert/strict";
import { at } from "../../../plugins/kubernetes/objects";
import { deleteResource } from "../../../plugins/kubernetes/remove";
import { checkpoint } from "../../../plugins/kubernetes/state";
import type { Properties } from "../../../plugins/kubernetes/values";
import { type ApiStandIn, apiStandIn, refusal } from "../../support/apiStandIn";

describe("deleting a Patch", () => {
    const path = "/api/v1/namespaces/shop/configmaps/theirs";
    const type = "kubernetes:core/v1:ConfigMapPatch";
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "theirs", namespace: "shop", uid: "old" } };
    const state = checkpoint(
        object,
        object,
        {},
        { fieldManager: "pulumi-kubernetes-0a1b2c3d", initialApiVersion: "v1" },
    );
    let api: ApiStandIn;
    afterEach(() => api.stop());
    const remove = (): Promise<void> => deleteResource({ urn: "urn", type }, "shop/theirs", state, 0, api.place);

    it("makes nothing where the object is gone", async () => {
        api = await apiStandIn(({ method }) => (method === "GET" ? refusal(404, "NotFound") : { body: object }));
        await remove();
        assert.deepEqual(api.asked, [`GET ${path}`]);
    });

    it("gives its fields back to the object that is there, and to no other that would have to be made", async () => {
        const applied: Properties[] = [];
        api = await apiStandIn(({ method, body }) => {
            if (method === "PATCH") applied.push(body);
            return { body: { ...object, metadata: { ...object.metadata, uid: "new" } } };
        });
        await remove();
        assert.deepEqual(
            applied.map((body) => at(body, "metadata")),
            [{ name: "theirs", namespace: "shop", uid: "new" }],
        );
    });
});

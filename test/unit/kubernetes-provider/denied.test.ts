import * as assert from "node:assert/strict";
import { createResource } from "../../../plugins/kubernetes/create";
import { PartialFailure } from "../../../plugins/kubernetes/errors";
import { at } from "../../../plugins/kubernetes/objects";
import { readResource } from "../../../plugins/kubernetes/read";
import type { Properties } from "../../../plugins/kubernetes/values";
import { type ApiStandIn, apiStandIn, refusal, type Said } from "../../support/apiStandIn";

const target = {
    urn: "urn:pulumi:dev::test::kubernetes:apps/v1:Deployment::web",
    type: "kubernetes:apps/v1:Deployment",
};
const program = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop" },
    spec: { selector: { matchLabels: { app: "web" } } },
};
const live: Properties = { ...program, metadata: { ...program.metadata, uid: "d", generation: 1 } };

describe("a user who may write an object, and not look at what belongs to it", () => {
    let api: ApiStandIn;
    afterEach(() => api.stop());
    const serve = async (denial: Said): Promise<void> => {
        api = await apiStandIn(({ method, path }) => {
            if (path.endsWith("/replicasets")) return denial;
            return method === "POST" || path.endsWith("/web") ? { body: live } : { body: { items: [live] } };
        });
    };
    const denials: [string, Said][] = [
        ["403", refusal(403, "Forbidden", "replicasets is forbidden")],
        ["401", refusal(401, "Unauthorized", "replicasets: who are you")],
    ];

    for (const [code, denial] of denials) {
        it(`has what was made in the state, with the reason why it is not known to be ready: ${code}`, async () => {
            await serve(denial);
            await assert.rejects(createResource(target, program, 0, false, api.place), (error) => {
                assert.ok(error instanceof PartialFailure, String(error));
                assert.deepEqual([error.id, at(error.state, "metadata", "uid")], ["shop/web", "d"]);
                assert.match(error.reasons[0] ?? "", /was successfully created, but [^]*: replicasets/);
                return true;
            });
        });

        it(`can still refresh it, and is told that nobody knows whether it is ready: ${code}`, async () => {
            await serve(denial);
            const { id, state } = await readResource(target, "shop/web", live, program, api.place);
            assert.deepEqual([id, at(state, "metadata", "uid")], ["shop/web", "d"]);
            assert.match(api.told.join(), /^Whether shop\/web is ready can't be judged: replicasets/);
        });
    }
});

describe("a PersistentVolumeClaim of a user who may not read classes", () => {
    it("is waited for until it is bound", async () => {
        const claim = {
            apiVersion: "v1",
            kind: "PersistentVolumeClaim",
            metadata: { name: "data", namespace: "shop", uid: "c" },
            spec: { storageClassName: "fast" },
        };
        const bound = { ...claim, status: { phase: "Bound" } };
        const api = await apiStandIn(({ method, path }) => {
            if (path.endsWith("/storageclasses")) return refusal(403, "Forbidden");
            return { body: method === "POST" ? { ...claim, status: { phase: "Pending" } } : { items: [bound] } };
        });
        try {
            const type = "kubernetes:core/v1:PersistentVolumeClaim";
            const { state } = await createResource({ urn: "urn", type }, claim, 10, false, api.place);
            assert.equal(at(state, "status", "phase"), "Bound");
        } finally {
            api.stop();
        }
    });
});

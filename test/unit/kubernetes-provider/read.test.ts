import * as assert from "node:assert/strict";
import { readResource } from "../../../plugins/kubernetes/read";
import { Secret, type Properties } from "../../../plugins/kubernetes/values";
import { apiStandIn } from "../../support/apiStandIn";

describe("reading an object to which kubectl has been applied", () => {
    const value = "hunter2";
    const objectOf = (kind: string, members: Properties): Properties => ({
        apiVersion: "v1",
        kind,
        metadata: { name: "x", namespace: "shop" },
        ...members,
    });
    const objects: [string, Properties, Properties][] = [
        ["a Secret, for an import", objectOf("Secret", { data: { a: value } }), {}],
        ["a Secret", objectOf("Secret", { data: { a: value } }), objectOf("Secret", { data: { a: value } })],
        [
            "a ConfigMap with a secret of the program's",
            objectOf("ConfigMap", { data: { a: value } }),
            objectOf("ConfigMap", { data: { a: new Secret(value) } }),
        ],
    ];
    for (const [what, object, inputs] of objects) {
        it(`leaves no secret unencrypted in what the engine keeps: ${what}`, async () => {
            const annotations = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(object) };
            const live = { ...object, metadata: { name: "x", namespace: "shop", annotations } };
            const api = await apiStandIn(() => ({ body: live }));
            try {
                const type = `kubernetes:core/v1:${object.kind as string}`;
                const read = await readResource({ urn: "urn", type }, "shop/x", {}, inputs, api.place);
                const shown = JSON.stringify(read, (_, one: unknown) => (one instanceof Secret ? "hidden" : one));
                assert.doesNotMatch(shown, /hunter2/);
                assert.match(shown, /last-applied-configuration":"hidden"/);
            } finally {
                api.stop();
            }
        });
    }
});

import * as assert from "node:assert/strict";
import { objectsInState } from "../../components/traffic/world/state";
import { bodiesAt } from "../../components/traffic/world/values";
import { objectOf } from "../../policies/read/state";
import { changesIn } from "../../rollout/plan/state";

const type = "kubernetes:networking.istio.io/v1:VirtualService";
const metadata = { name: "cart-routes", namespace: "shop" };
const spec = { hosts: ["cart"], http: [{ route: [{ destination: { host: "cart", subset: "v1" }, weight: 100 }] }] };
/** As `pulumi import` leaves it: the provider gives no inputs but the object's name. */
const imported = {
    urn: `urn:pulumi:dev::shop::${type}::cart-routes`,
    type,
    inputs: { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata },
    outputs: { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata, spec },
};

describe("an object that was imported and not updated since", () => {
    it("has the routes that were read of it, for the guard, the policies and the plan alike", () => {
        const bodies = [
            objectsInState([imported])[0]?.body,
            objectOf(imported)[0]?.body,
            changesIn({ deployment: { resources: [imported] } })[0]?.old?.body,
        ];
        for (const body of bodies) assert.equal(bodiesAt(body, "spec", "http").length, 1, JSON.stringify(body));
    });
    it("is what was applied as soon as it was: an update that failed leaves its outputs ahead", () => {
        const ahead = { ...imported, inputs: { ...imported.inputs, spec: { hosts: ["cart"], http: [] } } };
        const bodies = [
            objectsInState([ahead])[0]?.body,
            objectOf(ahead)[0]?.body,
            changesIn({ deployment: { resources: [ahead] } })[0]?.old?.body,
        ];
        for (const body of bodies) assert.deepEqual(bodiesAt(body, "spec", "http"), []);
    });
});

import * as assert from "node:assert/strict";
import { driftFindings, foreignEdits, isAdopted, sortedEdits, withAdopted } from "../../components/split/foreignEdits";
import { describeFindings } from "../../components/traffic/judge/words";
import type { Placed } from "../../components/traffic/world/objects";
import type { Body, Value } from "../../components/traffic/world/values";
import { codes, service, world, type Split } from "../support/worlds";

const shop: Split = { weights: { v1: 80, v2: 20 } };
const [before, at, later] = ["2026-11-25T02:00:00Z", "2026-11-25T03:00:00Z", "2026-11-25T04:00:00Z"];

/** The objects with who wrote them, and when. */
const writtenBy = (objects: readonly Placed[], ...writers: (readonly [manager: string, time: string])[]): Placed[] =>
    objects.map((one) => {
        const managedFields = writers.map(([manager, time]) => ({ manager, time, fieldsV1: { "f:spec": {} } }));
        const metadata = { ...(one.body.metadata as Body), managedFields: managedFields as unknown as Value };
        return { ...one, body: { ...one.body, metadata } };
    });
const byKubectl = (objects: readonly Placed[]): Placed[] =>
    writtenBy(objects, ["pulumi-kubernetes-1a2b", before], ["kubectl-patch", at]);
const edits = (live: readonly Placed[]) => foreignEdits(service(shop), world(live));

describe("what others have written since it was applied", () => {
    it("is found by who was moved, with who did it and when", () => {
        const [edit, ...others] = edits(byKubectl(service({ weights: { v1: 70, v2: 30 } })));
        assert.deepEqual(others, []);
        assert.deepEqual(
            [edit?.live.name, edit?.by, edit?.at, edit?.services, edit?.moves],
            ["review-vs", "kubectl-patch", at, ["review"], ["~ review: v1 80 → 70, v2 20 → 30"]],
        );
    });
    it("is found where the routes stay, and what they lead to does not: in subsets, in images", () => {
        const relabelled = edits(byKubectl(service({ ...shop, subsets: { v2: { version: "v1" } } })));
        assert.deepEqual(
            relabelled.map(({ live, services }) => [live.kind, services]),
            [["DestinationRule", ["review"]]],
        );
        const reimaged = edits(byKubectl(service({ ...shop, images: { v2: "review:hot-fix" } })));
        assert.deepEqual(
            reimaged.map(({ live, services }) => [live.name, services]),
            [["review-v2", ["review"]]],
        );
    });
    it("is nothing where nobody notices it", () => {
        assert.deepEqual(edits(byKubectl(service({ ...shop, weighted: { retries: { attempts: 0 } } }))), []);
        assert.deepEqual(edits(byKubectl(service({ ...shop, pods: { v1: 5 } }))), []);
        assert.deepEqual(edits(byKubectl(service(shop))), []);
    });
    it("is not what an update of our own has left that was cut off, also after an edit before it", () => {
        const moved = service({ weights: { v1: 70, v2: 30 } });
        assert.deepEqual(edits(writtenBy(moved, ["pulumi-kubernetes-1a2b", at])), []);
        assert.deepEqual(edits(writtenBy(moved, ["kubectl-patch", at], ["pulumi-kubernetes-1a2b", later])), []);
        assert.deepEqual(edits(writtenBy(moved, ["kube-controller-manager", at])), []);
    });
    it("is theirs of two writers in one second: times have no parts", () => {
        const moved = service({ weights: { v1: 70, v2: 30 } });
        for (const managers of [
            ["pulumi-kubernetes", "kubectl-edit"],
            ["kubectl-edit", "pulumi-kubernetes"],
        ])
            assert.equal(edits(writtenBy(moved, ...managers.map((one) => [one, at] as const)))[0]?.by, "kubectl-edit");
    });
    it("is told with exactly two commands", () => {
        const found = edits(byKubectl(service({ weights: { v1: 70, v2: 30 } })));
        assert.equal(
            describeFindings(driftFindings(found, { project: "upshift", stack: "prod" })),
            `review: VirtualService shop/review-vs was written by kubectl-patch at ${at}, and users were moved by that (as applied → now: review: v1 80 → 70, v2 20 → 30)\n` +
                "  fix: npx upshift adopt-drift review --stack prod, or npx upshift restore review --stack prod",
        );
    });
});

describe("an edit of users whom the config moves to the stable version", () => {
    it("needs no decision where that is all of them, however far it is; a part of the way does", () => {
        const live = world(byKubectl(service({ weights: { v1: 40, v2: 60 } })));
        const found = foreignEdits(service(shop), live);
        const openFor = (weights: Record<string, number>) => sortedEdits(found, live, service({ weights })).open.length;
        assert.equal(openFor({ v1: 100, v2: 0 }), 0);
        assert.deepEqual(
            [openFor({ v1: 80, v2: 20 }), openFor({ v1: 60, v2: 40 }), openFor({ v1: 0, v2: 100 })],
            [1, 1, 1],
        );
        assert.equal(sortedEdits(found, live, []).open.length, 1);
    });
    it("is open where that was applied already: this step would not write it", () => {
        const live = world(byKubectl(service({ weights: { v1: 70, v2: 30 } })));
        const found = foreignEdits(service(), live);
        assert.equal(sortedEdits(found, live, service()).open.length, 1);
    });
});

describe("an edit that the config takes over", () => {
    const live = world(byKubectl(service({ weights: { v1: 10, v2: 90 } })));
    const [edit] = foreignEdits(service(shop), live);

    it("is known by what it does to users, not by its words", () => {
        assert.ok(edit);
        assert.equal(
            isAdopted(edit, live, service({ weights: { v1: 10, v2: 90 }, weighted: { timeout: "9s" } })),
            true,
        );
        assert.equal(isAdopted(edit, live, service({ weights: { v1: 20, v2: 80 } })), false);
        assert.equal(isAdopted(edit, live, []), false);
    });
    it("is not measured by the way there; what it is measured by stays as it was applied", () => {
        assert.ok(edit);
        const taken = world(withAdopted(service({ ...shop, marks: { maxRaise: 5 } }), [edit]));
        assert.deepEqual(codes(taken, world(service({ weights: { v1: 10, v2: 90 } }))), []);
        assert.deepEqual(codes(taken, world(service({ weights: { v1: 4, v2: 96 } }))), ["raise"]);
    });
});

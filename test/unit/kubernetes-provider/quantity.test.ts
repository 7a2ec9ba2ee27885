import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { canonicalQuantity } from "../../../plugins/kubernetes/quantity";

describe("quantities", () => {
    const spellings: Record<string, string> = {
        "0.5": "500m",
        "500m": "500m",
        "1000m": "1",
        "1500m": "1500m",
        "1.5": "1500m",
        "1024Mi": "1Gi",
        "1536Mi": "1536Mi",
        "0.5Gi": "512Mi",
        "512Ki": "512Ki",
        "0.5Ki": "512",
        "62.5Ki": "64k",
        "1000k": "1M",
        "1000": "1k",
        "128974848": "128974848",
        "1e3": "1e3",
        "12E": "12E",
        "0": "0",
        "0Mi": "0",
        "-1000m": "-1",
        "1.0000000001": "1000000001n",
    };
    for (const [written, canonical] of Object.entries(spellings)) {
        it(`${written} is ${canonical} to the API server`, () => assert.equal(canonicalQuantity(written), canonical));
    }

    it("can be given as numbers", () => assert.equal(canonicalQuantity(2), "2"));

    it("that are none are left for the API server to refuse", () => {
        for (const text of ["", "much", "1 Gi", "1GiB", "."]) assert.equal(canonicalQuantity(text), text);
    });

    it("stay as they are once canonical", () => {
        const suffix = fc.constantFrom("", "m", "k", "M", "Ki", "Mi", "Gi");
        fc.assert(
            fc.property(fc.nat(), fc.nat(999), suffix, (whole, fraction, unit) => {
                const canonical = canonicalQuantity(`${whole}.${fraction}${unit}`);
                assert.equal(canonicalQuantity(canonical), canonical);
            }),
        );
    });
});

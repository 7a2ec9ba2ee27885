import * as assert from "node:assert/strict";
import { uniqueName } from "../../../plugins/kubernetes/autoname";

describe("automatic names", () => {
    const known = {
        "ndT4SaTHpliWN2hKkVIgveqmOLI6ZRiLz0iGKzIhAcI=": "auto-9a985831",
        "9x00i8M89K90J/xXaxWDAIGN672WxDJG+QDq/0efs0w=": "settings-a217a7f1",
        "3eC9bPq9/suWd/REoLp4TUzjvukE3satrA8XrH1gKf8=": "reader-97c3061c",
    };

    for (const [seed, name] of Object.entries(known)) {
        it(`are Pulumi's own for a seed: ${name}`, () => {
            const prefix = name.slice(0, name.indexOf("-") + 1);
            assert.equal(uniqueName(prefix, Buffer.from(seed, "base64")), name);
        });
    }

    it("cannot be foretold without a seed", () => {
        const [one, other] = [uniqueName("a-"), uniqueName("a-", new Uint8Array())];
        assert.match(one, /^a-[0-9a-f]{8}$/);
        assert.notEqual(one, other);
    });
});

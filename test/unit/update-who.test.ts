import * as assert from "node:assert/strict";
import * as os from "node:os";
import { who } from "../../rollout/release/update";

describe("who makes an update", () => {
    const saved = { ...process.env };
    beforeEach(() => {
        for (const key of ["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER"]) delete process.env[key];
    });
    afterEach(() => {
        process.env = { ...saved };
    });
    it("is a login and a machine", () => {
        assert.equal(
            who(() => "bob"),
            `bob@${os.hostname()}`,
        );
        process.env.GITHUB_ACTOR = "ann";
        assert.equal(
            who(() => "bob"),
            `ann@${os.hostname()}`,
        );
    });
    it("is a number, in one word, where the user has no name, as in a container", () => {
        const nameless = (): never => {
            throw new Error("uv_os_get_passwd returned ENOENT");
        };
        assert.equal(who(nameless), `uid-${process.getuid?.()}@${os.hostname()}`);
        process.env.USER = "cat";
        assert.equal(who(nameless), `cat@${os.hostname()}`);
    });
});

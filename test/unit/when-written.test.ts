import * as assert from "node:assert/strict";
import { whenWritten } from "../../components/split/whenWritten";

describe("reading the state while it is written", () => {
    it("reads again until the checkpoint is whole", async () => {
        let asked = 0;
        const read = async (): Promise<number> => {
            if (++asked < 3) throw new Error("failed to load checkpoint: EOF");
            return asked;
        };
        assert.equal(await whenWritten(read), 3);
    });
    it("gives up at once on anything else", async () => {
        let asked = 0;
        const read = async (): Promise<number> => {
            asked++;
            throw new Error("incorrect passphrase");
        };
        await assert.rejects(whenWritten(read), /incorrect passphrase/);
        assert.equal(asked, 1);
    });
});

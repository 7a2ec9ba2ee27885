import * as assert from "node:assert/strict";
import { once } from "node:events";
import { EventEmitter } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Part } from "../../cluster/embedded/part";

describe("a supervised part", () => {
    let dir: string;
    beforeEach(() => (dir = fs.mkdtempSync(path.join(os.tmpdir(), "part-"))));
    afterEach(() => fs.rmSync(dir, { recursive: true }));

    /** A part that runs a shell script, with what it tells as events. */
    function partOf(script: string): { part: Part; events: EventEmitter } {
        const events = new EventEmitter();
        const part: Part = new Part(
            {
                name: "test",
                command: ["sh", "-c", script],
                log: path.join(dir, "log"),
                probe: () => fs.promises.access(path.join(dir, "up")),
            },
            { changed: () => events.emit(part?.status.state), gaveUp: () => events.emit("gave up") },
        );
        return { part, events };
    }

    it("is ready when its probe succeeds, and stops when asked", async () => {
        const { part } = partOf(`touch ${dir}/up; exec sleep 60`);
        await part.start();
        assert.equal(part.status.state, "running");
        await part.stop();
        assert.equal(part.status.state, "stopped");
        assert.equal(part.status.pid, undefined);
    });

    it("is started again when it is killed, and says how it ended", async () => {
        const { part, events } = partOf(`touch ${dir}/up; exec sleep 60`);
        await part.start();
        const first = part.status.pid ?? 0;
        process.kill(first, "SIGKILL");
        await once(events, "restarting");
        await once(events, "running");
        assert.notEqual(part.status.pid, first);
        assert.deepEqual([part.status.restarts, part.status.lastExit], [1, "signal SIGKILL"]);
        await part.stop();
    });

    it("is given up after five fast deaths, with its last words in the log", async () => {
        const { part, events } = partOf("echo no space left; exit 7");
        void part.start();
        await once(events, "gave up");
        assert.deepEqual([part.status.state, part.status.restarts, part.status.lastExit], ["failed", 4, "exit code 7"]);
        assert.equal(fs.readFileSync(path.join(dir, "log"), "utf8"), "no space left\n".repeat(5));
    });

    it("is killed when it does not end in time", async () => {
        const { part } = partOf(`trap '' TERM; touch ${dir}/up; while :; do sleep 1; done`);
        await part.start();
        await part.stop(100);
        assert.equal(part.status.state, "stopped");
    });

    it("is not started again once it is being stopped", async () => {
        const { part, events } = partOf("exit 1");
        void part.start();
        await once(events, "restarting");
        await part.stop();
        assert.deepEqual([part.status.state, part.status.pid], ["stopped", undefined]);
    });
});

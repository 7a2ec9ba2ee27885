import * as assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { identityOf } from "../../cluster/setup/identity.mjs";
import { lockedBy, withLock } from "../../cluster/setup/lock.mjs";

describe("withLock", () => {
    let folder: string;
    let lock: string;
    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "lock-"));
        lock = path.join(folder, "setup.lock");
    });
    afterEach(() => fs.rmSync(folder, { recursive: true }));

    const silent = (text: string): void => assert.fail(`says: ${text}`);
    const hold = <T>(work: () => Promise<T>, say = silent): Promise<T> => withLock(lock, "which is tested", work, say);
    const nothing = async (): Promise<void> => {};

    it("is free again after the work, and after work that failed", async () => {
        await hold(async () => assert.equal(lockedBy(lock), process.pid));
        await assert.rejects(
            hold(() => Promise.reject(new Error("no"))),
            /no/,
        );
        assert.deepEqual(fs.readdirSync(folder), []);
    });

    it("lets one at a time work, and says once for whom it waits", async () => {
        const order: string[] = [];
        let finish = (): void => {};
        const first = hold(() => new Promise<void>((resolve) => (finish = resolve)));
        const second = hold(
            async () => void order.push("second"),
            (text) => {
                order.push(text);
                finish();
            },
        );
        await Promise.all([first, second]);
        assert.deepEqual(order, [`Waiting for process ${process.pid}, which is tested.`, "second"]);
    });

    it("takes the lock of a dead process over, without a word", async () => {
        fs.symlinkSync(await deadIdentity(), lock);
        await hold(nothing);
        fs.writeFileSync(lock, JSON.stringify({ pid: 1 << 22, started: "12345" }));
        await hold(nothing);
        assert.deepEqual(fs.readdirSync(folder), []);
    });

    it("takes it over when the process id now belongs to another process, or the machine was started anew", async function () {
        if (process.platform !== "linux") this.skip();
        const mine = identityOf(process.pid) ?? assert.fail("no identity");
        for (const other of [mine.replace(/\d+$/, "1"), mine.replace(/^[^/]+/, "earlier-boot")]) {
            fs.symlinkSync(other, lock);
            await hold(nothing);
        }
    });

    it("takes it over when the holder has ended and only nobody has asked for its exit code", async function () {
        if (process.platform !== "linux") this.skip();
        const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], {
            stdio: ["ignore", "pipe", "ignore"],
        });
        const [output] = (await once(parent.stdout, "data")) as [Buffer];
        const pid = Number(output.toString());
        const statusOf = (one: number | undefined): string => fs.readFileSync(`/proc/${one}/status`, "utf8");
        const start = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
        // Once the shell has become a sleep, which never waits for its child, the child stays as a zombie.
        while (!statusOf(parent.pid).startsWith("Name:\tsleep")) await new Promise(setImmediate);
        process.kill(pid, "SIGKILL");
        while (!/^State:\sZ/m.test(statusOf(pid))) await new Promise(setImmediate);
        fs.writeFileSync(lock, JSON.stringify({ pid, started: start }));
        await hold(nothing);
        parent.kill("SIGKILL");
    });

    for (const [what, make] of [
        ["is empty", () => fs.writeFileSync(lock, "")],
        ["is torn", () => fs.writeFileSync(lock, '{"pid":2554,"star')],
        ["holds something else", () => fs.writeFileSync(lock, "null")],
        ["is a folder", () => fs.mkdirSync(path.join(lock, "a"), { recursive: true })],
    ] as const) {
        it(`removes a lock that ${what}, says so by its name, and goes on`, async () => {
            make();
            const said: string[] = [];
            await hold(nothing, (text) => said.push(text));
            assert.deepEqual(said, [`The lock ${lock} names no process (a full disk or a crash?): removed.`]);
            assert.deepEqual(fs.readdirSync(folder), []);
        });
    }

    it("waits for a process of the time when locks were files", async () => {
        const [, , started] = (identityOf(process.pid) ?? "").split("/");
        fs.writeFileSync(lock, JSON.stringify({ pid: process.pid, started }));
        await hold(nothing, (text) => {
            assert.match(text, new RegExp(`^Waiting for process ${process.pid},`));
            fs.rmSync(lock);
        });
    });

    it("waits also for a holder that sleeps, however long", async function () {
        if (process.platform !== "linux") this.skip();
        const holder = await holding(lock);
        holder.kill("SIGSTOP");
        const minuteAgo = Date.now() / 1000 - 60;
        fs.lutimesSync(lock, minuteAgo, minuteAgo);
        const said: string[] = [];
        const after = hold(nothing, (text) => {
            said.push(text);
            holder.kill("SIGKILL");
        });
        await after;
        assert.deepEqual(said, [`Waiting for process ${holder.pid}, which is tested.`]);
    });

    it("names the file and the fix where no lock can be made", async () => {
        await assert.rejects(
            withLock("/proc/no.lock", "which is tested", nothing, silent),
            /The lock \/proc\/no\.lock can't be made: .*\n {2}fix: .*rm -rf \/proc\/no\.lock/,
        );
    });
});

/** A process that holds a lock until it is killed. */
async function holding(lock: string): Promise<ChildProcess> {
    const script = `import { withLock } from ${JSON.stringify(path.resolve("cluster/setup/lock.mjs"))};
        await withLock(${JSON.stringify(lock)}, "", () => new Promise(() => { console.log("held"); setInterval(() => {}, 1000); }), console.log);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    return child;
}

async function deadIdentity(): Promise<string> {
    const child = spawn("sleep", ["60"]);
    await once(child, "spawn");
    const identity = identityOf(child.pid ?? 0) ?? assert.fail("it does not run");
    child.kill("SIGKILL");
    await once(child, "exit");
    return identity;
}

import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { costOf, cpuIn, writtenIn } from "../../bench/measures/costOf";
import { counted } from "../../bench/measures/exchanged";

describe("what a command takes", () => {
    it("is read from the shell's and the kernel's own words, whatever the command has printed", () => {
        const printed = "write_bytes of it: 7\ncpu 1.5 0.25\n\nwrite_bytes: 4096\ncancelled_write_bytes: 1024\n";
        assert.equal(cpuIn(printed), 1.75);
        assert.equal(writtenIn(printed), 3072);
        assert.throws(() => writtenIn("rchar: 1\n"), /The kernel has not said write_bytes/);
    });

    it("is of all that it has started and waited for", async () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cost-"));
        try {
            const write = `require("fs").writeFileSync("file", Buffer.alloc(3 << 20, 1)); let x = 0; while (process.cpuUsage().user < 2e5) x++`;
            const child = `require("child_process").execFileSync(process.execPath, ["-e", ${JSON.stringify(write)}])`;
            const where = { cwd: folder, env: process.env };
            const cost = await costOf(process.execPath, ["-e", child, "--"], where, false);
            assert.ok(cost.cpuSeconds >= 0.2, `${cost.cpuSeconds} s`);
            assert.ok(cost.writtenBytes === 0 || cost.writtenBytes >= 3 << 20, `${cost.writtenBytes} bytes`);
        } finally {
            fs.rmSync(folder, { recursive: true });
        }
    });

    it("has the memory of all that runs at one time below it", async () => {
        const hold = `const all = Buffer.alloc(150 << 20, 1); setTimeout(() => all.length, 1500)`;
        const child = `require("child_process").execFileSync(process.execPath, ["-e", ${JSON.stringify(hold)}])`;
        const { peakBytes } = await costOf(
            process.execPath,
            ["-e", child, "--"],
            { cwd: os.tmpdir(), env: process.env },
            true,
        );
        assert.ok(peakBytes > 150 << 20, `${peakBytes} bytes`);
    });

    it("is no figure where the command fails", async () => {
        const where = { cwd: os.tmpdir(), env: process.env };
        await assert.rejects(costOf("ls", ["/no-such-folder"], where, false), /ls \/no-such-folder failed:\n/);
    });
});

describe("what is exchanged with an API server", () => {
    it("is counted both ways, and the kubeconfig is what it was", async () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "exchanged-"));
        const server = net.createServer((socket) => {
            socket.on("error", () => undefined);
            socket.end(Buffer.alloc(5000));
        });
        await once(server.listen(0, "127.0.0.1"), "listening");
        const kubeconfig = path.join(folder, "kubeconfig");
        const { port } = server.address() as net.AddressInfo;
        const text = `clusters: [{ cluster: { server: "https://127.0.0.1:${port}" } }]\n`;
        fs.writeFileSync(kubeconfig, text);
        try {
            await counted(kubeconfig, async (bytes) => {
                const [, through] = /127\.0\.0\.1:(\d+)/.exec(fs.readFileSync(kubeconfig, "utf8")) ?? [];
                assert.notEqual(Number(through), port);
                const client = net.connect(Number(through), "127.0.0.1");
                client.write(Buffer.alloc(300));
                client.resume();
                await once(client, "close");
                assert.equal(bytes(), 5300);
                assert.equal(bytes(), 0);
            });
            assert.equal(fs.readFileSync(kubeconfig, "utf8"), text);
        } finally {
            server.close();
            fs.rmSync(folder, { recursive: true });
        }
    });
});

import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { authority, issue, writePair } from "../../cluster/embedded/certificates";
import { identityOf, livePid } from "../../cluster/embedded/identity";
import { kubeconfig } from "../../cluster/embedded/kubeconfig";
import { checkName } from "../../cluster/clusterName";
import { boundLog, logEnd, openLog } from "../../cluster/embedded/logs";
import { holderOf, openListeners, portOf } from "../../cluster/embedded/ports";
import { relay } from "../../cluster/embedded/relay";
import { embeddedTarget } from "../../cluster/embedded/target";

describe("the embedded cluster's pieces", () => {
    let dir: string;
    beforeEach(() => (dir = fs.mkdtempSync(path.join(os.tmpdir(), "embedded-"))));
    afterEach(() => fs.rmSync(dir, { recursive: true }));

    describe("checkName", () => {
        it("takes the default name and refuses what is no folder or node name", () => {
            checkName("upshift");
            for (const bad of ["", "-a", "a-", "A", "a/b", "..", "a b", "a".repeat(41)]) {
                assert.throws(() => checkName(bad), /can't be a cluster's name/, bad);
            }
        });
        it("never takes a name that leads out of the folder of clusters", () =>
            fc.assert(
                fc.property(fc.string(), (name) => {
                    try {
                        checkName(name);
                    } catch {
                        return true;
                    }
                    return path.basename(path.join("/clusters", name)) === name;
                }),
            ));
    });

    describe("embeddedTarget", () => {
        it("tells the usual port of the gateway where only another port was named", async () => {
            const ports = { api: 16443, https: undefined, http: undefined };
            const { where } = await embeddedTarget({ cluster: "of-no-one", ports }).plan();
            assert.match(where.join("\n"), /gateway at https:\/\/127\.0\.0\.1:18443 or the next free port/);
        });
    });

    describe("identityOf", () => {
        it("knows a process that lives, and is not fooled by another of the same number", () => {
            const mine = identityOf(process.pid);
            assert.equal(livePid(mine), process.pid);
            assert.equal(livePid(mine?.replace(/\d+$/, "1")), undefined, "started at another time");
            assert.equal(
                livePid(mine?.replace(/^[^/]+/, "another-boot")),
                undefined,
                "before a restart of the machine",
            );
        });
        it("knows that a process has ended", async () => {
            const child = spawn("sleep", ["60"]);
            await once(child, "spawn");
            const identity = identityOf(child.pid ?? 0);
            child.kill("SIGKILL");
            await once(child, "exit");
            assert.notEqual(identity, undefined);
            assert.equal(livePid(identity), undefined);
        });
    });

    describe("openListeners", () => {
        it("takes the next free port where a preferred one is taken", async () => {
            const taken = net.createServer().listen(0, "127.0.0.1");
            await once(taken, "listening");
            const port = portOf(taken);
            const open = await openListeners({}, { api: port, https: port, http: port });
            const got = Object.values(open).map(portOf);
            Object.values(open).forEach((server) => server.close());
            taken.close();
            assert.equal(new Set([port, ...got]).size, 4, `four different ports, not ${port} and ${got.join(" ")}`);
        });
        it("refuses an asked port that is taken, names who holds it, and keeps none of the others open", async () => {
            const taken = net.createServer().listen(0, "127.0.0.1");
            await once(taken, "listening");
            const port = portOf(taken);
            const wanted = { api: 26443, https: 28443, http: 28080 };
            await assert.rejects(openListeners({ http: port }, wanted), (error: Error) => {
                assert.match(
                    error.message,
                    new RegExp(`Port ${port} of 127.0.0.1 is taken by .* \\(process ${process.pid}\\)`),
                );
                assert.match(error.message, /--http-port/);
                return true;
            });
            taken.close();
            assert.equal(holderOf(wanted.api), undefined);
        });
    });

    describe("certificates", () => {
        it("makes an authority once, and leaves that it signed for the hosts asked", async () => {
            const ca = await authority(dir, "ca");
            const again = await authority(dir, "ca");
            assert.equal(again.certificate, ca.certificate);
            const hosts = ["127.0.0.1", "kubernetes.default.svc"];
            const leaf = await issue(again, { commonName: "system:node:a", organization: "system:nodes", hosts });
            const certificate = new X509Certificate(leaf.certificate);
            assert.ok(certificate.verify(new X509Certificate(ca.certificate).publicKey), "signed by the authority");
            assert.equal(certificate.subject, "CN=system:node:a\nO=system:nodes");
            assert.equal(certificate.subjectAltName, "IP Address:127.0.0.1, DNS:kubernetes.default.svc");
            assert.equal(certificate.ca, false);
        });
        it("lets only the owner read a key", async () => {
            writePair(dir, "client", await issue(await authority(dir, "ca"), { commonName: "a" }));
            for (const key of ["ca.key", "client.key"]) {
                assert.equal(fs.statSync(path.join(dir, key)).mode & 0o777, 0o600, key);
            }
        });
        it("goes into a kubeconfig whole", async () => {
            const ca = await authority(dir, "ca");
            const client = await issue(ca, { commonName: "a" });
            const text = kubeconfig({ context: "c", server: "https://127.0.0.1:1", authority: ca.certificate, client });
            const config = JSON.parse(text) as { users: { user: Record<string, string> }[]; "current-context": string };
            assert.equal(config["current-context"], "c");
            const key = Buffer.from(config.users[0]?.user["client-key-data"] ?? "", "base64").toString();
            assert.equal(key, client.key);
        });
    });

    describe("logs", () => {
        it("cuts a log that has grown too long to its last lines, while it is written to, and makes no copy", () => {
            const file = path.join(dir, "part.log");
            const fd = openLog(file);
            fs.writeSync(fd, "first\n" + "a line\n".repeat(10) + "last\n");
            boundLog(file, { cutAt: 50, keep: 16 });
            fs.writeSync(fd, "new\n");
            fs.closeSync(fd);
            assert.equal(fs.readFileSync(file, "utf8"), "a line\nlast\nnew\n");
            assert.deepEqual(fs.readdirSync(dir), ["part.log"]);
        });
        it("leaves a log alone that is short enough, or not there", () => {
            const file = path.join(dir, "part.log");
            fs.writeFileSync(file, "a line\n");
            boundLog(file, { cutAt: 50, keep: 16 });
            boundLog(path.join(dir, "none.log"));
            assert.equal(fs.readFileSync(file, "utf8"), "a line\n");
        });
        it("gives the last lines, and none where there is no log", () => {
            const file = path.join(dir, "part.log");
            fs.writeFileSync(file, Array.from({ length: 9000 }, (_, line) => `line ${line}\n`).join(""));
            assert.equal(logEnd(file, 2), "line 8998\nline 8999");
            assert.equal(logEnd(path.join(dir, "none.log")), "");
        });
    });

    describe("relay", () => {
        it("carries both directions whole, also after one side has said all it has to say", async () => {
            const size = 4 * 1024 * 1024;
            const target = net.createServer({ allowHalfOpen: true }, (socket) => {
                let received = 0;
                socket.on("data", (data) => (received += data.length));
                socket.on("end", () => socket.end(`got ${received}`));
            });
            await once(target.listen(0, "127.0.0.1"), "listening");
            const front = net.createServer();
            relay(front, portOf(target), "127.0.0.1");
            await once(front.listen(0, "127.0.0.1"), "listening");
            const client = net.connect({ port: portOf(front), host: "127.0.0.1", allowHalfOpen: true });
            client.end(Buffer.alloc(size));
            const [answer] = (await once(client.setEncoding("utf8"), "data")) as [string];
            assert.equal(answer, `got ${size}`);
            front.close();
            target.close();
        });
        it("ends a connection whose target does not answer", async () => {
            const closed = net.createServer();
            await once(closed.listen(0, "127.0.0.1"), "listening");
            const port = portOf(closed);
            closed.close();
            const front = net.createServer();
            relay(front, port, "127.0.0.1");
            await once(front.listen(0, "127.0.0.1"), "listening");
            const client = net.connect(portOf(front), "127.0.0.1");
            client.on("error", () => undefined);
            await once(client, "close");
            front.close();
        });
    });
});

import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import type { Admin } from "../../components/mesh/proxies/admin";
import { KeptAdmin } from "../../components/mesh/proxies/keptAdmin";
import { type Connected, KeptProxies } from "../../rollout/release/keptProxies";

/** Over real sockets; only the proxies behind them are made up. */
describe("connections to the proxies that a release keeps", () => {
    let folder: string;
    let kept: KeptProxies;
    /** Each connection that the release made: to which proxy, what it was asked, and whether it is open still. */
    let made: { readonly pod: string; readonly asked: string[]; isOpen: boolean }[];
    /** How those proxies answer. */
    let texts: (pod: string, path: string) => Promise<string>;
    /** How long each question was to wait at most, in milliseconds, where that is another time than the usual. */
    let waits: (number | undefined)[];
    /** What programs opened by themselves. */
    let own: number;

    beforeEach(async () => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "kept-proxies-"));
        [made, waits, own] = [[], [], 0];
        texts = (_, asked) => Promise.resolve(JSON.stringify({ asked }));
        kept = await KeptProxies.start(folder, ({ proxy: { pod } }): Connected => {
            const one = { pod, asked: [] as string[], isOpen: true };
            made.push(one);
            return {
                text: (asked, waitMs) => {
                    one.asked.push(asked);
                    waits.push(waitMs);
                    return texts(pod, asked);
                },
                close: () => (one.isOpen = false),
            };
        });
    });
    afterEach(() => {
        kept.stop();
        fs.rmSync(folder, { recursive: true, force: true });
    });

    /** As the program of an update has it. */
    const program = (pod = "web-1", waitMs?: number): KeptAdmin => {
        const opened = (): Admin => {
            own++;
            return { get: (asked) => Promise.resolve({ own: asked }), close: () => undefined };
        };
        return new KeptAdmin(
            { socket: kept.socket, kubeconfig: "{}", proxy: { namespace: "shop", pod } },
            opened,
            waitMs,
        );
    };

    it("are opened once, however many programs ask", async () => {
        for (const asked of ["/a", "/b", "/c"]) assert.deepEqual(await program().get(asked), { asked });
        assert.deepEqual([made, own], [[{ pod: "web-1", asked: ["/a", "/b", "/c"], isOpen: true }], 0]);
    });
    it("are one for each proxy, and each of them answers for itself", async () => {
        const pods = Array.from({ length: 100 }, (_, index) => `web-${index}`);
        const hung = "web-17";
        texts = (pod) => (pod === hung ? Promise.reject(new Error("no answer in 3 s")) : Promise.resolve(`"${pod}"`));
        const answers = await Promise.all(pods.map((pod) => program(pod).get("/a")));
        assert.deepEqual(
            answers,
            pods.map((pod) => (pod === hung ? { own: "/a" } : pod)),
        );
        assert.deepEqual(new Set(made.map(({ pod }) => pod)), new Set(pods));
        assert.equal(made.length, 100);
    });
    it("carry each question of programs that ask at the same time to its own proxy", async () => {
        texts = (pod, asked) => Promise.resolve(JSON.stringify(`${pod} ${asked}`));
        const asked = ["web-1 /a", "web-2 /b", "web-2 /a", "web-1 /b", "web-1 /a"];
        const answers = asked.map((one) => program(one.slice(0, 5)).get(one.slice(6)));
        assert.deepEqual(await Promise.all(answers), asked);
    });
    it("are closed when the release ends, and a program then opens its own", async () => {
        const one = program();
        await one.get("/a");
        kept.stop();
        assert.deepEqual(
            made.map(({ isOpen }) => isOpen),
            [false],
        );
        assert.deepEqual(await one.get("/b"), { own: "/b" });
        assert.deepEqual(await one.get("/c"), { own: "/c" });
        assert.equal(own, 1);
    });
    it("that lead nowhere any more are opened anew for the next program, and this one opens its own", async () => {
        await program().get("/a");
        texts = () => Promise.reject(new Error("no answer in 3 s"));
        assert.deepEqual(await program().get("/b"), { own: "/b" });
        texts = (_, asked) => Promise.resolve(JSON.stringify({ asked }));
        assert.deepEqual(await program().get("/c"), { asked: "/c" });
        assert.deepEqual(
            made.map(({ isOpen }) => isOpen),
            [false, true],
        );
    });
    it("may be dead, and are waited for less long than new ones, which are yet to be opened", async () => {
        await program().get("/a");
        await program().get("/b");
        assert.deepEqual(waits, [undefined, 3_000]);
    });
    it("that are being opened are waited for as long by whoever asks something else meanwhile", async () => {
        let open: () => void = () => undefined;
        const opened = new Promise<void>((resolve) => (open = resolve));
        texts = async (_, asked) => {
            if (waits.length === 2) open();
            await opened;
            return JSON.stringify({ asked });
        };
        await Promise.all([program().get("/a"), program().get("/b")]);
        assert.deepEqual(waits, [undefined, undefined]);
        assert.equal(made.length, 1);
    });
    it("of a release that stands still hold nobody up", async () => {
        texts = () => new Promise(() => undefined);
        assert.deepEqual(await program("web-1", 200).get("/a"), { own: "/a" });
    });
    it("can be asked for by nobody else", () => {
        assert.equal(fs.statSync(folder).mode & 0o777, 0o700);
        assert.ok(kept.socket.startsWith(folder));
    });
    it("are not there where their socket would have too long a path", async () => {
        const deep = path.join(folder, "a".repeat(120));
        fs.mkdirSync(deep);
        await assert.rejects(KeptProxies.start(deep), /path of a socket is too long/);
    });
    for (const [what, answered] of Object.entries({
        "no HTTP": "hello\n",
        "no JSON": "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "half an answer": "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n[",
        "another list": "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    }))
        it(`are told from what answers with ${what}`, async () => {
            kept.stop();
            const sockets: net.Socket[] = [];
            const other = net.createServer((socket) => {
                sockets.push(socket);
                socket.on("error", () => undefined).write(answered);
            });
            other.listen(kept.socket);
            try {
                assert.deepEqual(await program("web-1", 300).get("/a"), { own: "/a" });
            } finally {
                sockets.forEach((socket) => socket.destroy());
                other.close();
            }
        });
});

import * as assert from "node:assert/strict";
import { CallerProxy, Callers } from "../../components/mesh/proxies/callers";
import { shared } from "../../components/mesh/proxies/shared";

/** A question whose answers a test gives itself. */
function question(): { ask: () => Promise<number>; asked: () => number; answer: (error?: Error) => Promise<void> } {
    const open: { resolve: (count: number) => void; reject: (error: Error) => void }[] = [];
    let asked = 0;
    return {
        ask: () => {
            asked++;
            return new Promise((resolve, reject) => open.push({ resolve, reject }));
        },
        asked: () => asked,
        answer: async (error) => {
            await turn();
            const next = open.shift();
            if (error) next?.reject(error);
            else next?.resolve(asked);
            await turn();
        },
    };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a question that is shared", () => {
    it("is asked once for all who come before it is asked", async () => {
        const { ask, asked, answer } = question();
        const get = shared(ask);
        const all = Promise.all([get(), get(), get()]);
        await answer();
        assert.deepEqual(await all, [1, 1, 1]);
        assert.equal(asked(), 1);
    });

    it("is asked once more for all who come while an answer is awaited, and not before that is there", async () => {
        const { ask, asked, answer } = question();
        const get = shared(ask);
        const first = get();
        await turn();
        const later = Promise.all([get(), get()]);
        await turn();
        assert.equal(asked(), 1);
        await answer();
        assert.equal(await first, 1);
        await answer();
        assert.deepEqual(await later, [2, 2]);
    });

    it("is asked anew after a failure, of which only those hear who shared it", async () => {
        const { ask, answer } = question();
        const get = shared(ask);
        const first = get();
        await turn();
        const second = get();
        const failed = assert.rejects(first, /gone/);
        await answer(new Error("gone"));
        await failed;
        await answer();
        assert.equal(await second, 2);
    });
});

describe("a caller's proxy", () => {
    const proxy = (answers: (path: string) => unknown) => {
        const paths: string[] = [];
        let connections = 0;
        const get = (path: string): Promise<unknown> => {
            paths.push(path.includes("mask=") ? "stamp" : (path.split("?")[0] ?? ""));
            return Promise.resolve().then(() => answers(path));
        };
        const one = new CallerProxy(() => {
            connections++;
            return { get, close: () => undefined };
        });
        return { one, paths, connections: () => connections };
    };

    it("is asked for all its routes only when they were written anew", async () => {
        let version = 1;
        const { one, paths } = proxy((path) => (path.includes("mask=") ? { version } : { routes: version }));
        const first = await one.routes();
        assert.equal(await one.routes(), first);
        version = 2;
        assert.deepEqual(await one.routes(), { routes: 2 });
        assert.deepEqual(paths, ["stamp", "/config_dump", "stamp", "stamp", "/config_dump"]);
    });

    it("is asked over another connection when one has failed, and over one for all who had asked", async () => {
        let isBroken = true;
        const { one, connections } = proxy(() => {
            if (isBroken) throw new Error("closed");
            return {};
        });
        const failed = await Promise.allSettled([one.endpoints("a"), one.endpoints("b")]);
        assert.deepEqual(
            failed.map(({ status }) => status),
            ["rejected", "rejected"],
        );
        isBroken = false;
        await one.endpoints("a");
        assert.equal(connections(), 2);
    });
});

describe("the proxies of a cluster, while somebody waits for them", () => {
    /** Nothing is asked of it. */
    const access = {
        kubeconfig: JSON.stringify({
            clusters: [{ name: "here", cluster: { server: "http://127.0.0.1:1" } }],
            users: [{ name: "me", user: {} }],
            contexts: [{ name: "here", context: { cluster: "here", user: "me" } }],
            "current-context": "here",
        }),
    };
    const used = (lingerMs?: number): Promise<Callers> =>
        Callers.during(access, (callers) => Promise.resolve(callers), lingerMs);

    it("have the same connections for all who wait at the same time, and others for whoever comes later", async () => {
        const [one, other] = await Promise.all([used(), used()]);
        assert.equal(one, other);
        assert.notEqual(await used(), one);
    });

    it("keep them for whoever comes soon, where that was asked for", async () => {
        const first = await used(60_000);
        assert.equal(await used(), first);
        // Whoever asks for no more has closed them.
        assert.notEqual(await used(), first);
    });

    it("keep none where it went wrong: the update ends then, and is not to wait for them", async () => {
        let failed: Callers | undefined;
        const failing = Callers.during(
            access,
            (callers) => {
                failed = callers;
                return Promise.reject(new Error("late"));
            },
            60_000,
        );
        await assert.rejects(failing, /late/);
        assert.notEqual(await used(), failed);
    });
});

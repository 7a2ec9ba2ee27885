import * as assert from "node:assert/strict";
import { Proposals } from "../../components/split/proposals";
import { placed, type Placed } from "../../components/traffic/world/objects";

const service = (name: string, more: object = {}, rest: object = {}): Placed =>
    placed("Service", {
        metadata: { name, namespace: "shop", ...more },
        spec: { selector: { app: name } },
        ...rest,
    });

describe("what a run proposes", () => {
    it("is in the order of the program, whatever is known first", async () => {
        const proposals = new Proposals();
        const later = new Promise<Placed>((resolve) => setImmediate(() => resolve(service("first"))));
        proposals.add([later, Promise.resolve(service("second"))]);
        assert.deepEqual(
            (await proposals.settled()).map(({ name }) => name),
            ["first", "second"],
        );
    });
    it("is without what can't be known yet, and has it once it is", async () => {
        const proposals = new Proposals();
        let resolve: (object: Placed) => void = () => undefined;
        proposals.add([
            new Promise<Placed>((known) => (resolve = known)),
            Promise.resolve(undefined),
            Promise.reject(new Error()),
        ]);
        assert.deepEqual(await proposals.settled(), []);
        resolve(service("web"));
        assert.equal((await proposals.settled()).length, 1);
    });
    it("is the same list until more is known, so that nobody judges the same step twice", async () => {
        const proposals = new Proposals();
        proposals.add([Promise.resolve(service("web"))]);
        const once = await proposals.settled();
        assert.equal(await proposals.settled(), once);
        proposals.add([Promise.resolve(service("shop"))]);
        assert.notEqual(await proposals.settled(), once);
    });
    it("is what is registered also where the engine has filled in the kind, and not where anything of it is another", async () => {
        const proposals = new Proposals();
        proposals.add([Promise.resolve(service("web"))]);
        await proposals.settled();
        assert.ok(proposals.has(service("web", {}, { kind: "Service", apiVersion: "v1" })));
        assert.ok(!proposals.has(service("web", { annotations: { "upshift.dev/stable": "v2" } })));
        assert.ok(!proposals.has(service("shop")));
    });

    describe("that a transform puts into another namespace", () => {
        const elsewhere = (name: string): Placed => service(name, { namespace: "elsewhere" });
        const [web, api] = [service("web"), service("api")];
        const proposed = async (): Promise<Proposals> => {
            const proposals = new Proposals();
            proposals.add([Promise.resolve(web), Promise.resolve(api)]);
            await proposals.settled();
            return proposals;
        };
        const places = async (proposals: Proposals): Promise<string[]> =>
            (await proposals.settled()).map(({ namespace, body, name }) => {
                assert.equal((body.metadata as { readonly namespace: string }).namespace, namespace);
                return `${namespace}/${name}`;
            });

        it("is there with all others of its namespace, which may not change and are not told of", async () => {
            const proposals = await proposed();
            proposals.note(elsewhere("api"), [elsewhere("web"), elsewhere("api")]);
            assert.deepEqual(await places(proposals), ["elsewhere/web", "elsewhere/api"]);
            assert.ok(proposals.has(elsewhere("api")));
            assert.ok(!proposals.has(api));
        });
        it("is there alone where the others are registered as they were proposed, before it or after it", async () => {
            const before = await proposed();
            before.note(web, []);
            before.note(elsewhere("api"), []);
            assert.deepEqual(await places(before), ["shop/web", "elsewhere/api"]);
            const after = await proposed();
            after.note(elsewhere("api"), []);
            assert.deepEqual(await places(after), ["elsewhere/web", "elsewhere/api"]);
            after.note(web, []);
            assert.deepEqual(await places(after), ["shop/web", "elsewhere/api"]);
        });
        it("is there alone where the state has the others as they are proposed", async () => {
            const proposals = await proposed();
            proposals.note(elsewhere("api"), [web]);
            assert.deepEqual(await places(proposals), ["shop/web", "elsewhere/api"]);
        });
        it("is not guessed where several have its name", async () => {
            const proposals = await proposed();
            proposals.add([Promise.resolve(service("api", { namespace: "stage" }))]);
            await proposals.settled();
            proposals.note(elsewhere("api"), []);
            assert.deepEqual(await places(proposals), ["shop/web", "shop/api", "stage/api"]);
        });
    });
});

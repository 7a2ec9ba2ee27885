import * as assert from "node:assert/strict";
import { createResource } from "../../../plugins/kubernetes/create";
import { at, stringAt } from "../../../plugins/kubernetes/objects";
import type { Properties } from "../../../plugins/kubernetes/values";
import { type ApiStandIn, type Asked, apiStandIn, refusal, type Said } from "../../support/apiStandIn";

const type = "kubernetes:core/v1:ConfigMap";
const target = { urn: `urn:pulumi:dev::test::${type}::settings`, type };
const program = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "settings", namespace: "shop" },
    data: { a: "1" },
};
const hourMs = 3_600_000;
const lost = "nothing, and the connection breaks";

describe("a creation whose answer gets lost", function () {
    this.timeout(20_000);
    let api: ApiStandIn;
    afterEach(() => api.stop());

    /** A server that stores what is made, and says what `answers` have for one creation after another; then what servers say. */
    class Store {
        kept: Properties | undefined;
        /** How far its clock is off. */
        skewMs = 0;
        /** What is made by the next request only. */
        onItsWay: Properties | undefined;
        constructor(private readonly answers: (Said | "stored late")[]) {}

        answer({ method, path, query, body }: Asked): Said {
            if (path.endsWith("/selfsubjectreviews")) return { body: { metadata: { creationTimestamp: this.now() } } };
            if (method === "GET") {
                const found = this.kept;
                this.kept ??= this.onItsWay;
                return found ? { body: found } : refusal(404, "NotFound");
            }
            if (this.kept)
                return (this.answers.shift() as Said | undefined) ?? refusal(409, "AlreadyExists", "it already exists");
            const made = this.made(body, query.get("fieldManager") ?? "", this.now());
            if (query.has("dryRun")) return (this.answers.shift() as Said | undefined) ?? { body: made };
            const said = this.answers.shift() ?? { body: made };
            if (said === "stored late") this.onItsWay = made;
            else this.kept = made;
            return said === "stored late" ? lost : said;
        }

        made(body: Properties, manager: string, creationTimestamp: string): Properties {
            // Who has set nothing owns nothing.
            const managedFields = body.data === undefined ? [] : [{ manager, operation: "Update" }];
            return { ...body, metadata: { ...program.metadata, uid: "made", creationTimestamp, managedFields } };
        }

        now(offMs = 0): string {
            return new Date(Date.now() + this.skewMs + offMs).toISOString().replace(/\.\d+/, "");
        }
    }
    const serve = async (store: Store): Promise<void> => {
        api = await apiStandIn((asked) => store.answer(asked));
    };
    const create = (isPreview = false, inputs: Properties = program): Promise<{ id: string; state?: Properties }> =>
        createResource(target, inputs, 0, isPreview, api.place);
    const posts = (): number => api.asked.filter((one) => one === "POST /api/v1/namespaces/shop/configmaps").length;

    const ways: [string, (Said | "stored late")[], number][] = [
        ["the connection breaks", [lost], 1],
        [
            "the server says that it broke down, and has stored it",
            [refusal(500, "InternalError", "etcdserver: timed out")],
            1,
        ],
        ["it is stored only after it was looked for", ["stored late"], 2],
    ];
    for (const [what, answers, tries] of ways) {
        it(`is found by what it has made: ${what}`, async () => {
            await serve(new Store(answers));
            const { id, state } = await create();
            assert.deepEqual([id, stringAt(state, "metadata", "uid")], ["shop/settings", "made"]);
            assert.deepEqual(at(state, "__inputs", "data"), program.data);
            assert.equal(posts(), tries);
        });
    }

    it("is found where there is nothing in the object but its name", async () => {
        await serve(new Store([lost]));
        const { data: _, ...bare } = program;
        assert.equal((await create(false, bare)).id, "shop/settings");
    });

    it("is found whatever the clocks show", async () => {
        for (const skewMs of [-hourMs, hourMs]) {
            const store = Object.assign(new Store([lost]), { skewMs });
            await serve(store);
            assert.equal((await create()).id, "shop/settings");
            api.stop();
        }
    });

    it("is found when the user cancels in the middle of it", async () => {
        const cancelling = new AbortController();
        const store = new Store([lost]);
        api = await apiStandIn((asked) => {
            if (asked.method === "POST" && !store.kept) cancelling.abort();
            return store.answer(asked);
        }, cancelling.signal);
        assert.equal((await create()).id, "shop/settings");
    });

    const others: [string, string, number][] = [
        ["somebody else's, made at the same time", "kubectl-create", 0],
        ["another Pulumi's, an hour old", "pulumi-kubernetes", -hourMs],
    ];
    for (const [whose, manager, ageMs] of others) {
        it(`does not take over what was there already: ${whose}`, async () => {
            const store = new Store([lost]);
            store.kept = store.made(program, manager, store.now(ageMs));
            await serve(store);
            await assert.rejects(create(), /already exists[^]*pulumi import/);
        });
    }

    it("is not looked for where a webhook could not be asked, before which nothing is made", async () => {
        api = await apiStandIn(() =>
            refusal(500, "InternalError", 'failed calling webhook "x": x509: unknown authority'),
        );
        await assert.rejects(create(), /failed calling webhook/);
        assert.deepEqual(api.asked, ["POST /api/v1/namespaces/shop/configmaps"]);
    });

    it("is not looked for by a preview, which makes nothing", async () => {
        await serve(new Store([lost]));
        assert.deepEqual(await create(true), { id: "", state: program });
        assert.deepEqual(api.asked, ["POST /api/v1/namespaces/shop/configmaps"]);
    });
});

import * as assert from "node:assert/strict";
import { at, stringAt } from "../../../plugins/kubernetes/objects";
import { updateResource } from "../../../plugins/kubernetes/update";
import type { Properties } from "../../../plugins/kubernetes/values";
import { type ApiStandIn, type Asked, apiStandIn, refusal, type Said } from "../../support/apiStandIn";

const type = "kubernetes:core/v1:ConfigMap";
const target = { urn: `urn:pulumi:dev::test::${type}::settings`, type };
const metadata = { name: "settings", namespace: "shop" };
const program = (data: Properties): Properties => ({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
const stale = refusal(
    409,
    "Conflict",
    'Operation cannot be fulfilled on configmaps "settings": the object has been modified',
);

describe("an update of an object that a controller writes at the same time", function () {
    this.timeout(20_000);
    let api: ApiStandIn;
    afterEach(() => api.stop());

    /** A server on which a controller writes after each of the first `writes` readings. */
    class Store {
        private version = 1;
        private data: unknown = { a: "1" };
        private manager = { manager: "pulumi-kubernetes", operation: "Update", fieldsV1: {} };
        constructor(private writes: number) {}

        answer({ method, query, body }: Asked): Said {
            if (method === "GET") {
                const read = this.now();
                if (this.writes-- > 0) this.version++;
                return { body: read };
            }
            const expected = Array.isArray(body)
                ? (body as Properties[]).find(({ path }) => path === "/metadata/resourceVersion")?.value
                : at(body, "metadata", "resourceVersion");
            if (expected !== undefined && expected !== String(this.version)) return stale;
            if (query.has("dryRun")) {
                // As of a disruption budget: what is there and what takes its place can't both be.
                if (method === "PATCH") return refusal(422, "Invalid", "only one of both");
                return { body: { ...this.now(), data: body.data ?? {} } };
            }
            this.version++;
            this.manager = { ...this.manager, manager: query.get("fieldManager") ?? "", operation: "Apply" };
            if (!Array.isArray(body)) this.data = body.data;
            return { body: this.now() };
        }

        private now(): Properties {
            const managedFields = [this.manager];
            return {
                ...program(this.data as Properties),
                metadata: { ...metadata, uid: "made", resourceVersion: String(this.version), managedFields },
            };
        }
    }

    const serve = async (store: Store): Promise<void> => {
        api = await apiStandIn((asked) => store.answer(asked));
    };
    const update = async (isPreview: boolean): Promise<Properties | undefined> => {
        const inputs = program({ a: "1" });
        const state = { ...inputs, __inputs: inputs, __fieldManager: "pulumi-kubernetes-0a1b2c3d" };
        const settings = { timeoutSeconds: 10, isPreview, ignoreChanges: [] };
        return (await updateResource(target, state, program({ b: "2" }), settings, api.place)).state;
    };

    for (const isPreview of [true, false]) {
        const what = isPreview ? "previewed" : "made";
        it(`is ${what} from what it is by then`, async () => {
            await serve(new Store(2));
            const state = await update(isPreview);
            assert.deepEqual(at(state, "__inputs", "data"), { b: "2" });
            assert.deepEqual(at(state, "data"), { b: "2" });
            assert.ok(Number(stringAt(state, "metadata", "resourceVersion")) >= 3);
        });

        it(`is not ${what} without end: one that is always written says so`, async () => {
            await serve(new Store(Infinity));
            await assert.rejects(update(isPreview), /the object has been modified/);
            assert.ok(api.asked.length < 20, api.asked.join("\n"));
        });
    }
});

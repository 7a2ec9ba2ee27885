import * as assert from "node:assert/strict";
import { Guard } from "../../components/split/guard";
import type { Views } from "../../components/split/views";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { annotationsFor } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { deployment } from "../support/worlds";

const [namespace, versions, urn] = ["shop", ["v1", "v2"], "urn:web"];
const type = "kubernetes:networking.istio.io/v1:VirtualService";

const routes = (v2: number): Placed => {
    const metadata = {
        name: "web-vs",
        namespace,
        annotations: annotationsFor({ service: "web", stable: "v1", maxRaise: 50 }),
    };
    const spec = routesFor({ host: "web", versions, weights: { v1: 100 - v2, v2 } });
    return placed("VirtualService", { metadata, spec } as unknown as Body, { urn });
};
const others = [
    placed("DestinationRule", {
        metadata: { name: "web-dr", namespace },
        spec: subsetsFor({ host: "web", versions }),
    } as unknown as Body),
    placed("Service", {
        metadata: { name: "web", namespace },
        spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80 }] },
    }),
    ...versions.map((version) => deployment({ name: "web", namespace, version, pods: 1 })),
];

/** What a run finds applied: everybody on v1. */
class Applied {
    reads = 0;
    /** How often all of the state was asked for. */
    looks = 0;
    private world?: Promise<World> | undefined;
    private readonly all = [routes(0), ...others];
    state = (): Promise<Placed[]> => {
        this.looks++;
        return Promise.resolve(this.all);
    };
    stateAt = (at: string | undefined): Promise<Placed | undefined> =>
        Promise.resolve(this.all.find((one) => one.urn === at));
    live = (): Promise<World> => (this.world ??= this.read());
    forgetLive = (): void => (this.world = undefined);

    private read(): Promise<World> {
        this.reads++;
        return Promise.resolve({ objects: this.all, isWhole: true });
    }
}

describe("a step that is judged before its hook asks", () => {
    let applied: Applied;
    let guard: Guard;
    const now = Date.now;
    const begin = (): void => {
        applied = new Applied();
        guard = new Guard(applied as unknown as Views);
        guard.know(Promise.resolve({}), {});
    };
    beforeEach(begin);
    afterEach(() => (Date.now = now));

    const propose = (v2: number): void => guard.propose([Promise.resolve(routes(v2))]);
    const ahead = (v2: number): Promise<void> => guard.judgeAhead(routes(v2), routes(0));
    const hook = (v2: number): Promise<void> => {
        const [newInputs, oldInputs] = [routes(v2).body, routes(0).body];
        return guard.judge({ urn, id: "", name: "web-vs", type, newInputs, oldInputs }, "web");
    };

    it("goes through or is refused as by its hook, which reads nothing again", async () => {
        propose(30);
        await ahead(30);
        await hook(30);
        assert.equal(applied.reads, 1);
    });
    it("is refused by its hook, and not before", async () => {
        propose(70);
        await ahead(70);
        await assert.rejects(hook(70), /this step is refused:[^]*70/);
        assert.equal(applied.reads, 1);
    });
    it("is judged once, however many of its routes change", async () => {
        propose(30);
        await ahead(30);
        const { looks } = applied;
        begin();
        propose(30);
        await Promise.all(Array.from({ length: 5 }, () => ahead(30)));
        assert.equal(applied.looks, looks);
    });
    it("is judged anew where more is proposed meanwhile", async () => {
        propose(30);
        await ahead(30);
        guard.propose([Promise.resolve(routes(70))]);
        await assert.rejects(hook(70), /this step is refused/);
    });
    it("is judged by what there is then where its hook comes much later", async () => {
        propose(30);
        await ahead(30);
        Date.now = () => now() + 60_000;
        await hook(30);
        assert.equal(applied.reads, 2);
    });
    it("is left to its hook once that has asked", async () => {
        propose(30);
        await hook(30);
        await ahead(30);
        assert.equal(applied.reads, 1);
    });
});

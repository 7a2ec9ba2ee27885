import { siege } from "../play/siege";
import { call, type Edge } from "../play/edge";
import { look } from "../play/look";
import { readyPods } from "../play/pods";
import type { Check, Scene, Story } from "../play/story";
import { weightsConfig } from "../../rollout/weightsConfig";

/** The header that testers send (seed 002). */
const debug = { "user-agent": "debug" };
const split = (v1: number, v2: number) => weightsConfig("customers", { v1, v2 });

/** The release of seed 002: v2 is deployed, checked out, given a little, looked at, and given all. */
export const workshop: Story = {
    system: "workshop",
    services: ["customers"],
    entry: () => Promise.resolve({ path: "/", headers: {} }),
    beginning: {
        title: "all routed to v1, v2 not deployed",
        config: {
            ...weightsConfig("customers", { v1: 100, v2: undefined }),
            "images.customers": undefined,
            canaryHeader: undefined,
        },
        checks: async ({ outputs, edge }) => [
            await columns("everybody", edge, {}, 1),
            await runs(outputs, "customers-v2", (ready) => ready === 0, "is not deployed"),
        ],
    },
    steps: [
        {
            title: "customers v2 deployed without traffic",
            config: split(100, 0),
            checks: async ({ outputs, edge }) => [
                await runs(outputs, "customers-v2", (ready) => ready > 0, "is ready"),
                await strictlyToV1(edge),
            ],
        },
        {
            title: "debug traffic (user-agent: debug) to v2",
            config: { "canaryHeader.name": "user-agent", "canaryHeader.exact": "debug", "canaryHeader.to": "v2" },
            testers: debug,
            checks: async ({ edge }) => [
                await columns("testers", edge, debug, 2),
                await columns("everybody else", edge, {}, 1),
            ],
        },
        {
            title: "90/10",
            config: { ...split(90, 10), canaryHeader: undefined },
            look: (after) => look(after, "customers", ["v1", "v2"]),
        },
        { title: "50/50", config: split(50, 50), look: (after) => look(after, "customers", ["v1", "v2"]) },
        {
            title: "all to v2, v1 left running",
            config: split(0, 100),
            checks: async ({ outputs, edge }) => [
                await columns("everybody", edge, {}, 2),
                await runs(outputs, "customers-v1", (ready) => ready > 0, "is still ready"),
            ],
        },
    ],
};

/** Pages of which each must look alike. */
const pages = 20;

/** v2 shows customers in two columns, v1 in one. */
async function columns(who: string, edge: Edge, headers: Record<string, string>, expected: number): Promise<Check> {
    const seen = new Set<string>();
    for (let read = 0; read < pages; read++) {
        const { status, body } = await call(edge, "/", { headers });
        seen.add(status === 200 ? `${body.match(/<th>/g)?.length ?? 0}` : `status ${status}`);
    }
    return {
        name: `${who}: ${expected === 1 ? "one column" : `${expected} columns`} on ${pages} of ${pages} pages`,
        ok: seen.size === 1 && seen.has(`${expected}`),
        detail: `columns seen: ${[...seen].sort().join(", ")}`,
    };
}

/** The document's `siege --delay=3 --concurrent=3`, for as long as it takes to see a score of pages. */
async function strictlyToV1(edge: Edge): Promise<Check> {
    const { transactions, failed, served } = await siege(edge, "/", { delay: 3, concurrent: 3, time: 10 });
    return {
        name: "siege -d3 -c3: traffic strictly to v1",
        ok: transactions > 0 && failed === 0 && served["customers=v1"] === transactions,
        detail: `${transactions} transactions, ${failed} failed, ${Object.keys(served).join(", ")}`,
    };
}

async function runs(
    outputs: Scene["outputs"],
    deployment: string,
    isFine: (ready: number) => boolean,
    how: string,
): Promise<Check> {
    const ready = await readyPods(outputs, "workshop", deployment);
    return { name: `${deployment} ${how}`, ok: isFine(ready), detail: `${ready} pods ready` };
}

import { setTimeout as after } from "node:timers/promises";
import { call, type Edge, edgeOf } from "../play/edge";
import type { Check, Scene, Story, StoryStep, Watch } from "../play/story";
import { weightsConfig } from "../../rollout/weightsConfig";

/** The header that testers send. The document has a Service of its own for them, as we have a host; it names no header. */
const testers = { name: "X-group", exact: "test", to: "v2" };
const pairs = (v1: number, v2: number) => weightsConfig("frontend", { v1, v2 });
const stage = (name: "active" | "smoke", frontend: string, backend: string) => ({
    [`tiers.${name}.frontend`]: frontend,
    [`tiers.${name}.backend`]: backend,
});

/** The release of seed 004, and after it the simpler one for versions that are compatible. */
export const tiers: Story = {
    system: "tiers",
    services: ["frontend", "backend"],
    entry: () => Promise.resolve({ path: "/", headers: {} }),
    beginning: {
        title: "deploy-initial-active",
        config: {
            // The document's upgrade goes from 0 to 100 in one step, after the smoke test and pod by pod.
            "limits.maxRaise": 100,
            "weights.frontend.v1": 100,
            "weights.frontend.v2": undefined,
            canaryHeader: undefined,
            inPlace: undefined,
            remove: undefined,
            "replicas.backend-v1": undefined,
            "replicas.frontend-smoke": undefined,
            "tiers.compatible": undefined,
            "tiers.active": undefined,
            "tiers.smoke": undefined,
        },
        checks: answers("frontend:v1 - backend:v1"),
    },
    shortened: { "tiers.minReadySeconds": 2, "replicas.frontend": 2, "replicas.backend": 2 },
    steps: [
        {
            title: "deploy-smoke",
            config: pairs(100, 0),
            checks: answers("frontend:v1 - backend:v1", "frontend:v2 - backend:v2"),
        },
        {
            title: "testers (X-group: test) to v2 at the users' host",
            config: Object.fromEntries(Object.entries(testers).map(([key, value]) => [`canaryHeader.${key}`, value])),
            testers: { [testers.name]: testers.exact },
        },
        { title: "70/30, decided at the entry", config: pairs(70, 30) },
        { title: "all on v1 again", config: pairs(100, 0) },
        {
            title: "upgrade-active",
            // The document changes the code of the pods that serve.
            config: { ...pairs(0, 100), "inPlace.frontend": "v2" },
            watch: pollActive("v1", "v2"),
            checks: answers("frontend:v2 - backend:v2", "frontend:v2 - backend:v2"),
        },
        {
            title: "scale down the old backend and the smoke frontend",
            config: {
                "replicas.backend-v1": 0,
                "replicas.frontend-smoke": 0,
                remove: "backend-v1,frontend-smoke",
                inPlace: undefined,
            },
            checks: answers("frontend:v2 - backend:v2", "status 503"),
        },
        {
            title: "back to v1",
            config: {
                ...pairs(100, 0),
                "replicas.backend-v1": undefined,
                "replicas.frontend-smoke": undefined,
                remove: undefined,
            },
            watch: pollActive("v2", "v1"),
            checks: answers("frontend:v1 - backend:v1", "frontend:v2 - backend:v2"),
        },
        {
            title: "compatible versions: v1 as the smoke test application",
            config: {
                "weights.frontend": undefined,
                canaryHeader: undefined,
                // The pairs' own backends give way to one for each stage.
                remove: "backend-v1,backend-v2",
                "tiers.compatible": true,
                ...stage("active", "v1", "v1"),
                ...stage("smoke", "v1", "v1"),
            },
            checks: answers("frontend:v1 - backend:v1", "frontend:v1 - backend:v1"),
        },
        compatible("smoke's backend to v2", stage("smoke", "v1", "v2"), ["v1", "v1"], ["v1", "v2"]),
        compatible("smoke's frontend to v2", stage("smoke", "v2", "v2"), ["v1", "v1"], ["v2", "v2"]),
        compatible("active's backend to v2", stage("active", "v1", "v2"), ["v1", "v2"], ["v2", "v2"]),
        compatible("active's frontend to v2", stage("active", "v2", "v2"), ["v2", "v2"], ["v2", "v2"]),
    ],
};

type Versions = [frontend: string, backend: string];

function compatible(title: string, config: StoryStep["config"], active: Versions, smoke: Versions): StoryStep {
    const line = ([frontend, backend]: Versions) => `frontend:${frontend} - backend:${backend}`;
    return { title, config: { ...config, remove: undefined }, checks: answers(line(active), line(smoke)) };
}

/** The document's query-active and query-smoke. */
function answers(active: string, smoke?: string) {
    return async ({ outputs, edge }: Scene): Promise<Check[]> => [
        await query("query-active", edge, active),
        ...(smoke ? [await query("query-smoke", edgeOf(outputs, "tiers", `smoke.${edge.host}`), smoke)] : []),
    ];
}

/** Asked so often that each of five pods has most likely answered. */
async function query(name: string, edge: Edge, expected: string): Promise<Check> {
    const seen = new Set<string>();
    for (let asked = 0; asked < 20; asked++) seen.add(await line(edge));
    const detail = [...seen].sort().join("; ");
    return { name: `${name}: ${expected}`, ok: detail === expected, detail };
}

/** The document's poll-active: once a second while active is changed, the old version first, then both, then the new one. */
function pollActive(from: string, to: string) {
    return ({ edge }: Scene): Watch => {
        const over = new AbortController();
        const polled = poll(edge, over.signal);
        return {
            end: async () => {
                over.abort();
                const lines = [...(await polled), await line(edge)];
                const [old, now] = [from, to].map((version) => `frontend:${version} - backend:${version}`);
                const counted = [old, now].map((one) => `${lines.filter((seen) => seen === one).length} × ${one}`);
                const others = lines.filter((seen) => seen !== old && seen !== now);
                const ok = lines[0] === old && lines.at(-1) === now && others.length === 0;
                return [
                    { name: `poll-active: ${from} gives way to ${to}`, ok, detail: [...counted, ...others].join(", ") },
                ];
            },
        };
    };
}

async function poll(edge: Edge, over: AbortSignal): Promise<string[]> {
    const lines: string[] = [];
    while (!over.aborted) {
        lines.push(await line(edge));
        await after(1000, undefined, { signal: over }).catch(() => undefined);
    }
    return lines;
}

/** What one request gets: the line with both versions, or the status. */
async function line(edge: Edge): Promise<string> {
    const { status, body } = await call(edge, "/");
    return status === 200 ? body.trim() : `status ${status}`;
}

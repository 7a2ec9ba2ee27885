import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { call } from "../play/edge";
import type { Check, Scene, Story, StoryStep } from "../play/story";
import { weightsConfig } from "../../rollout/weightsConfig";

/** The document's table: so many of four pods are of v1, so many of v2. */
const replicas = (v1: number, v2: number): StoryStep => ({
    title: `${v1} pods of v1, ${v2} of v2`,
    config: share(v1 * 25),
});
/** How far one step may go: the document goes over at once, too, and without a header no version is tested for a switch. */
const usualRaise = 50;
const share = (v1: number): Record<string, number> => weightsConfig("notification", { v1, v2: 100 - v1 });

/** The release of seed 003 by the number of pods, and then the same by the mesh, as the document advises in the end. */
export const notifications: Story = {
    system: "notifications",
    services: ["notification"],
    database: true,
    entry: () => Promise.resolve({ path: "/usermgmt/notification-xray", headers: {} }),
    beginning: {
        title: "4 pods of v1, 0 of v2",
        config: {
            ...share(100),
            "limits.maxRaise": usualRaise,
            "strategy.notification": undefined,
            canaryHeader: undefined,
        },
        checks: usersAndHealth,
    },
    steps: [
        replicas(3, 1),
        { ...replicas(2, 2), checks: tracesOfBoth },
        replicas(1, 3),
        replicas(0, 4),
        // A limit counts from the step after the one that raises it.
        {
            ...replicas(4, 0),
            title: "back at once: 4 pods of v1, 0 of v2",
            config: { ...share(100), "limits.maxRaise": 100 },
        },
        { ...replicas(0, 4), title: "and over at once: 0 pods of v1, 4 of v2" },
        { ...replicas(4, 0), config: { ...share(100), "limits.maxRaise": usualRaise } },
        // Both versions stand behind one Service until the routes are there: so v2 waits for its first step.
        {
            title: "the mesh takes over, v1 alone",
            // The pods get the mesh's proxy: new code, to the judge, under those who are served.
            config: {
                "strategy.notification": "mesh",
                "weights.notification.v2": undefined,
                "inPlace.notification": "v1",
            },
        },
        { title: "mesh 90/10, one pod each", config: { ...share(90), inPlace: undefined } },
        { title: "mesh 50/50", config: share(50) },
        { title: "mesh 0/100", config: share(0), checks: usersAndHealth },
    ],
};

const created = z.object({ username: z.string(), notification: z.object({ version: z.string() }) });

/** Create a user, health, the notification's version in the answer. */
async function usersAndHealth({ edge, outputs }: Scene): Promise<Check[]> {
    const username = `demo-${Date.now().toString(36)}`;
    const health = await call(edge, "/usermgmt/health-status");
    const user = await call(edge, "/usermgmt/user", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
            username,
            email: `${username}@example.com`,
            role: "ROLE_ADMIN",
            enabled: true,
            firstname: "Demo",
            lastname: "User",
            password: "Pass@123",
        }),
    });
    const list = await call(edge, "/usermgmt/users");
    const removed = await call(edge, `/usermgmt/user/${username}`, { method: "DELETE" });
    const answer = created.safeParse(user.status === 200 ? JSON.parse(user.body) : undefined);
    const serving = Object.entries(outputs.weights.notification ?? {}).flatMap(([version, weight]) =>
        weight > 0 ? [version.toUpperCase()] : [],
    );
    return [
        {
            name: "health says that the database is up",
            ok: health.status === 200 && health.body.includes('"database":"UP"'),
            detail: `${health.status} ${health.body.trim()}`,
        },
        {
            name: "a user is created, and a version of notification that serves writes to him",
            ok: answer.success && serving.includes(answer.data.notification.version),
            detail: `${user.status} ${user.body.trim().slice(0, 200)}`,
        },
        {
            name: "the user is in the database, and can be deleted",
            ok: list.body.includes(`"${username}"`) && removed.status === 200,
            detail: `${list.status}, then ${removed.status}`,
        },
    ];
}

const map = z.object({
    edges: z.array(z.object({ from: z.string(), to: z.string(), requests: z.number(), percent: z.number() })),
});

/** How long the map may take to show the step alone, in milliseconds: it looks back a few seconds. */
const timeoutMs = 20_000;

/** One microservice that calls another in two versions, as X-Ray depicts it: with two pods each, half of the calls each. */
async function tracesOfBoth({ edge }: Scene): Promise<Check[]> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
        const { body } = await call(edge, "/xray/map?seconds=5");
        const calls = map.parse(JSON.parse(body)).edges.filter(({ to }) => /^V\d-Notification-Microservice$/.test(to));
        const isEven = ({ from, percent }: (typeof calls)[number]): boolean =>
            from === "User-Management-Microservice" && Math.abs(percent - 50) < 10;
        const ok = calls.length === 2 && calls.every(isEven);
        const shares = calls.map(({ to, requests, percent }) => `${to} ${requests} calls, ${percent.toFixed(0)} %`);
        if (ok || Date.now() > deadline)
            return [
                {
                    name: "X-Ray's map shows half of user-management's calls to each version",
                    ok,
                    detail: shares.join("; "),
                },
            ];
        await sleep(500);
    }
}

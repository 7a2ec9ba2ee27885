import { demoImage } from "../program/images";
import { call, type Edge } from "../play/edge";
import { versionsIn } from "../../rollout/load/answer";
import type { Check, Scene, Story, StoryStep } from "../play/story";
import { weightsConfig } from "../../rollout/weightsConfig";

/** The header that testers send, to reach an environment that has no traffic. The document names none: it is the shop's. */
const testers = { "X-group": "test" };
const header = (to: string) => ({
    "canaryHeader.name": "X-group",
    "canaryHeader.exact": "test",
    "canaryHeader.to": to,
});
const split = (prod: number, stage: number) => weightsConfig("demoapp", { prod, stage });

/** Pages that are read for a check: at 25 % all come from the larger part once in a million runs. */
const pages = 48;

/** The release of seed 001: stage is tested, takes over, prod is updated, and takes back. */
export const stages: Story = {
    system: "stages",
    services: ["demoapp"],
    entry: () => Promise.resolve({ path: "/", headers: {} }),
    beginning: {
        title: "all on prod (v1), stage (v2) at 0 %",
        config: { ...split(100, 0), canaryHeader: undefined, "images.demoapp": undefined },
        checks: shows({ prod: "v1" }),
    },
    steps: [
        {
            title: "stage is tested at 0 % (X-group: test)",
            config: header("stage"),
            testers,
            checks: shows({ prod: "v1" }, { stage: "v2" }),
        },
        raise(70, 30),
        raise(50, 50),
        raise(25, 75),
        { title: "0/100", config: split(0, 100), checks: shows({ stage: "v2" }, { stage: "v2" }) },
        {
            title: "prod gets v2 while stage serves, and is tested at 0 %",
            config: { "images.demoapp.prod": demoImage("v2"), ...header("prod") },
            testers,
            checks: shows({ stage: "v2" }, { prod: "v2" }),
        },
        {
            title: "100 back to prod",
            config: { ...split(100, 0), canaryHeader: undefined },
            checks: shows({ prod: "v2" }),
        },
    ],
};

function raise(prod: number, stage: number): StoryStep {
    return {
        title: `${prod}/${stage}`,
        config: split(prod, stage),
        checks: shows({ prod: "v1", stage: "v2" }, { stage: "v2" }),
    };
}

/** The document's tests at every stage: the pages that users and testers get, by the environments that gave them. */
function shows(users: Record<string, string>, forTesters?: Record<string, string>) {
    return async ({ edge }: Scene): Promise<Check[]> => [
        await reads("users", edge, users, {}),
        ...(forTesters ? [await reads("testers", edge, forTesters, testers)] : []),
    ];
}

async function reads(
    who: string,
    edge: Edge,
    expected: Record<string, string>,
    headers: Record<string, string>,
): Promise<Check> {
    const seen = new Set<string>();
    for (let read = 0; read < pages; read++) seen.add(await page(edge, headers));
    const wanted = Object.entries(expected).map(([environment, version]) => `${environment} shows ${version}`);
    return {
        name: `${who}: ${wanted.join(", ")}`,
        ok: seen.size === wanted.length && wanted.every((one) => seen.has(one)),
        detail: [...seen].sort().join(", "),
    };
}

/** One page, in the words of the check: `stage shows v2`. */
async function page(edge: Edge, headers: Record<string, string>): Promise<string> {
    const { status, body, headers: answer } = await call(edge, "/", { headers });
    if (status !== 200) return `status ${status}`;
    const [, environment = "nobody"] = versionsIn(answer["x-served-by"], body).find(([app]) => app === "demoapp") ?? [];
    const [, version = "nothing"] = /<h1>(.*?)<\/h1>/.exec(body) ?? [];
    return `${environment} shows ${version}`;
}

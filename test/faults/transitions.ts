import { z } from "zod";
import type { Weights } from "../../components/traffic/split/weights";
import { storyOf } from "../../systems/stories";
import type { Story, StoryStep } from "../../systems/play/story";
import { weightsConfig } from "../../rollout/weightsConfig";

type Config = StoryStep["config"];

/** One of the two states between which a transition goes to and fro. */
export interface End {
    readonly config: Config;
    /** The object's shares in this state, as `sharesIn` tells them: `80/20`. */
    readonly live: string;
    /** Percent of users by version. */
    readonly users: Weights;
    /** Where testers are, where that is another place. */
    readonly testers?: Weights;
}

/** A kind of step: what moves, by which strategy. Each end is a legal step from the other. */
export interface Transition {
    readonly name: string;
    readonly story: Story;
    /** The service that moves. */
    readonly service: string;
    /** Config under which both ends are legal steps; applied before the first. */
    readonly base: Config;
    readonly ends: readonly [End, End];
    /** Shares on the way from one end to the other, where it is not made by one write: the new pods come before the old ones go. */
    readonly between?: string;
    /** What has the shares, for `kubectl get`: a VirtualService, or the Deployments of the versions. */
    readonly shares: readonly string[];
    /** The new version's Deployment, as `namespace/name`. */
    readonly fresh: string;
    /** Who calls the service, as `namespace/app`: the pod whose sidecar has its routes. None without a mesh. */
    readonly caller?: string;
}

/** What testers of the shop send. */
export const testersHeader = { "X-group": "test" };
const header = { "canaryHeader.name": "X-group", "canaryHeader.exact": "test", "canaryHeader.to": "v2" };

/** Every kind of step that the systems make, one service of each. */
export const transitions: readonly Transition[] = [
    {
        name: "weights",
        story: storyOf("workshop"),
        service: "customers",
        base: {},
        ends: [end("customers", { v1: 100, v2: 0 }), end("customers", { v1: 80, v2: 20 })],
        shares: ["virtualservice", "customers", "-n", "workshop"],
        fresh: "workshop/customers-v2",
        caller: "workshop/web-frontend",
    },
    {
        name: "header",
        story: storyOf("shop"),
        service: "review",
        base: {},
        ends: [
            { config: { canaryHeader: undefined }, live: "100/0", users: { v1: 100 } },
            { config: header, live: "100/0 and a header", users: { v1: 100 }, testers: { v2: 100 } },
        ],
        shares: ["virtualservice", "review-vs", "-n", "hands-on"],
        fresh: "hands-on/review-v2",
        caller: "hands-on/product-composite",
    },
    {
        name: "blue/green",
        story: storyOf("shop"),
        service: "product",
        // A switch is legal for a version that the step before it has made testable, and declared.
        base: { ...header, "blueGreen.product": "v2" },
        ends: [
            { ...end("product", { v1: 100, v2: 0 }), live: "100/0 and a header" },
            { ...end("product", { v1: 0, v2: 100 }), live: "0/100 and a header" },
        ],
        shares: ["virtualservice", "product-vs", "-n", "hands-on"],
        fresh: "hands-on/product-v2",
        caller: "hands-on/product-composite",
    },
    {
        name: "namespaces",
        story: storyOf("stages"),
        service: "demoapp",
        base: {},
        ends: [end("demoapp", { prod: 100, stage: 0 }), end("demoapp", { prod: 70, stage: 30 })],
        shares: ["virtualservice", "demoapp", "-n", "istio-ingress"],
        fresh: "stage/flaskapp",
        caller: "istio-ingress/istio-ingressgateway",
    },
    {
        name: "pairs",
        story: storyOf("tiers"),
        service: "frontend",
        base: { ...storyOf("tiers").shortened, "weights.frontend.v2": 0 },
        ends: [end("frontend", { v1: 100, v2: 0 }), end("frontend", { v1: 70, v2: 30 })],
        shares: ["virtualservice", "frontend-vs", "-n", "tiers"],
        fresh: "tiers/frontend-smoke",
        caller: "istio-ingress/istio-ingressgateway",
    },
    {
        name: "replicas",
        story: storyOf("notifications"),
        service: "notification",
        base: {},
        ends: [
            { ...end("notification", { v1: 100, v2: 0 }), live: "4/0" },
            { ...end("notification", { v1: 75, v2: 25 }), live: "3/1" },
        ],
        between: "4/1",
        shares: ["deployment", "notification-v1", "notification-v2", "-n", "notifications"],
        fresh: "notifications/notification-v2",
    },
];

/** @throws when there is none of this name */
export function transitionNamed(name: string): Transition {
    const found = transitions.find((one) => one.name === name);
    if (!found)
        throw new Error(`No transition is called ${name}; there are ${transitions.map((one) => one.name).join(", ")}.`);
    return found;
}

/**
 * The shares that `kubectl get -o json` shows: `80/20`, and whether a header's rule is there; of Deployments their pods, `3/1`.
 *
 * @throws when there are none in it
 */
export function sharesIn(printed: string): string {
    const object = shown.parse(JSON.parse(printed));
    if (object.items) return object.items.map(({ spec }) => spec?.replicas ?? 0).join("/");
    const rules = object.spec?.http ?? [];
    const weighted = rules.find(({ name }) => name === "weighted");
    if (!weighted) throw new Error(`No rule is named "weighted" in ${printed.slice(0, 400)}`);
    const header = rules.some(({ name }) => name === "canary-header") ? " and a header" : "";
    return `${weighted.route.map(({ weight = 100 }) => weight).join("/")}${header}`;
}

const shown = z.object({
    spec: z
        .object({
            http: z
                .array(
                    z.object({
                        name: z.string().optional(),
                        route: z.array(z.object({ weight: z.number().optional() })),
                    }),
                )
                .optional(),
        })
        .optional(),
    items: z.array(z.object({ spec: z.object({ replicas: z.number().optional() }).optional() })).optional(),
});

function end(service: string, users: Weights): End {
    return { config: weightsConfig(service, users), live: Object.values(users).join("/"), users };
}

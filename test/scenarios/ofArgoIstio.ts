import { atFirst, becomesStable, type Found, moves, type Scenario, split, type Step } from "./scenario";

/** Argo goes from 10 to 100 at once: the limit of a step has to allow it, and is applied before. */
const atOnce = { "limits.maxRaise": 90 };
const promoted = (found: Omit<Found, "weights" | "stable">): readonly Step[] => [
    moves({ old: 90, new: 10 }, found),
    moves({ new: 100 }, found),
    becomesStable("new", found),
];

const pods = (counts: { readonly old?: number; readonly new?: number }): Record<string, number> =>
    Object.fromEntries(Object.entries(counts).map(([role, count]) => [`replicas.web.{${role}}`, count]));

/** The third version is there with a Deployment and a subset, and has no users; or it is gone. */
const withThird = { "images.web.{third}": "v3", "weights.web.{third}": 0 };
const withoutThird = { "images.web.{third}": undefined, "weights.web.{third}": undefined };
const three = { subsets: ["old", "new", "third"] } as const;

/** Argo Rollouts' end-to-end tests for Istio: test/e2e/istio_test.go. */
export const ofArgoIstio: readonly Scenario[] = [
    {
        name: "HostSplit",
        source: "argo istio_test.go: TestIstioHostSplit",
        asserts:
            "weights 100/0, 90/10, and after the promotion 100/0 of the new stable; which revision each Service selects; 1 pod of the old revision is left",
        given: atOnce,
        steps: promoted({ pods: { old: 1, new: 1 } }),
    },
    {
        name: "SubsetSplit",
        source: "argo istio_test.go: TestIstioSubsetSplit, TestIstioSubsetSplitSingleRoute",
        asserts:
            "the weights of HostSplit; the labels of the subsets stable and canary are rewritten to the revisions that they stand for; the same where the only route has no name; 1 pod of the old revision is left",
        otherwise: "a subset is a version and keeps its labels, so that none is without endpoints for a while",
        given: atOnce,
        steps: promoted({ rules: ["weighted"], subsets: ["old", "new"], pods: { old: 1, new: 1 } }),
    },
    {
        name: "Abort without an update",
        source: "argo istio_test.go: TestIstioAbortUpdate",
        asserts:
            "an abort before any update, and one after a promotion, leave the rollout healthy: 1 pod of revision 1, then 1 of revision 2",
        given: atOnce,
        steps: [
            { does: { command: "abort web", code: 0 }, found: { weights: atFirst, pods: { old: 1 } } },
            ...promoted({}),
            {
                does: { command: "abort web", code: 0 },
                found: { weights: { new: 100 }, stable: "new", pods: { new: 1 } },
            },
        ],
    },
    {
        name: "Update in the middle",
        source: "argo istio_test.go: TestIstioUpdateInMiddleZeroCanaryReplicas",
        asserts:
            "at weight 0 and a canary of 1 pod beside 2 stable ones, an update in the middle of another leaves 1 pod of the newest revision",
        given: pods({ old: 2, new: 1 }),
        steps: ["v3", "v4"].map((tag): Step => ({
            does: { up: { "images.web.{new}": tag } },
            found: { weights: atFirst, pods: { old: 2, new: 1 }, images: { new: tag } },
        })),
    },
    {
        name: "Abort keeps the canary's pods",
        source: "argo istio_test.go: TestIstioAbortUpdateDeleteAllCanaryPods",
        asserts:
            "5 stable pods; 2 of the canary at 20 %, 4 at 40 %; after the abort 5 stable ones, and 4 of the canary until their delay is over",
        otherwise: "the canary's pods stay until the program has fewer",
        given: pods({ old: 5, new: 2 }),
        steps: [
            moves({ old: 80, new: 20 }, { pods: { old: 5, new: 2 } }),
            moves({ old: 60, new: 40 }, { pods: { old: 5, new: 4 } }, pods({ new: 4 })),
            { does: { command: "abort web", code: 0 }, found: { weights: atFirst, pods: { old: 5, new: 4 } } },
        ],
    },
    {
        name: "Experiment step",
        source: "argo istio_test.go: TestIstioHostSplitExperimentStep, TestIstioSubsetSplitExperimentStep",
        asserts:
            "weights 100/0, then 70/10/20 with the experiment as third destination and third subset, then 100/0 of the new stable and two subsets; 1 pod of the old revision is left",
        otherwise: "the third is a version of its own with its own image; it has pods before it has users",
        given: atOnce,
        steps: [
            moves({ old: 90, new: 10 }, three, withThird),
            moves({ old: 70, new: 10, third: 20 }, { ...three, requests: 400 }),
            moves({ new: 100, third: 0 }, three),
            {
                does: { up: { "stable.web": "{new}", ...withoutThird } },
                found: { weights: { new: 100 }, stable: "new", subsets: ["old", "new"], pods: { old: 1, new: 1 } },
            },
        ],
    },
    {
        name: "PingPong",
        source: "argo istio_test.go: TestIstioPingPongUpdate",
        asserts: "ping to pong 100/0, 75/25, 0/100; then, with another update, pong to ping 25/75, 100/0",
        given: { "limits.maxRaise": 75 },
        steps: [
            moves({ old: 75, new: 25 }),
            moves({ new: 100 }),
            becomesStable("new"),
            moves({ old: 25, new: 75 }, { stable: "new", images: { old: "v4" } }, { "images.web.{old}": "v4" }),
            moves({ old: 100 }, { stable: "new" }),
            becomesStable("old"),
        ],
    },
    {
        name: "Stable is scaled down after an abort",
        source: "argo istio_test.go: TestIstioSubsetSplitInStableDownscaleAfterCanaryAbort",
        asserts: "4 pods, a canary that is aborted, then 1 pod: weights 100/0",
        given: pods({ old: 4 }),
        steps: [
            moves({ old: 90, new: 10 }, { pods: { old: 4, new: 1 } }),
            { does: { command: "abort web", code: 0 }, found: { weights: atFirst, pods: { old: 4, new: 1 } } },
            { does: { up: { ...pods({ old: 1 }), ...split(atFirst) } }, found: { weights: atFirst, pods: { old: 1 } } },
        ],
    },
];

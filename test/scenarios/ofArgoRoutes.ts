import { becomesStable, type Change, moves, type Scenario, type Step } from "./scenario";

/** A header whose value is a regular expression, as Argo's managed route has it. */
const agent = (browser: string): Change => ({
    "canaryHeader.name": "agent",
    "canaryHeader.regex": `${browser}(.*)`,
    "canaryHeader.to": "{new}",
});
const withHeader = ["canary-header", "weighted"] as const;
const mirror = (percent: number): Change => ({
    "routing.web.mirror.to": "{new}",
    "routing.web.mirror.percent": percent,
});
const gated = '"verdict":"pass"';

/** The release of a version, looked at by the gate, and then stable. */
const releasedTo = (role: "new" | "third"): readonly Step[] => [
    {
        does: { command: `release web --to {${role}} --steps 100 --json`, code: 0, says: new RegExp(gated) },
        found: { weights: { [role]: 100 }, stable: role === "new" ? "old" : "new", ...all },
    },
    becomesStable(role, all),
];
const all = { subsets: ["old", "new", "third"] } as const;

/** Argo Rollouts' end-to-end tests of routes above the weights, and of the way back: header_route_test.go, mirror_route_test.go, rollback_window_test.go. */
export const ofArgoRoutes: readonly Scenario[] = [
    {
        name: "Header route",
        source: "argo header_route_test.go: TestIstioHostHeaderRoute",
        asserts:
            "a header's rule with 100 for the canary above 80/20; then another value, which is not looked at; then 60/40 and no header's rule; then 100/0 of the new stable",
        given: { "limits.maxRaise": 60 },
        steps: [
            moves(
                { old: 80, new: 20 },
                {
                    rules: withHeader,
                    testers: [
                        { headers: { agent: "firefox-140" }, to: "new" },
                        { headers: { Agent: "firefox" }, to: "new" },
                    ],
                },
                agent("firefox"),
            ),
            moves(
                { old: 80, new: 20 },
                { rules: withHeader, testers: [{ headers: { agent: "chrome-150" }, to: "new" }] },
                agent("chrome"),
            ),
            moves({ old: 60, new: 40 }, { rules: ["weighted"] }, { canaryHeader: undefined }),
            moves({ new: 100 }, { rules: ["weighted"] }),
            becomesStable("new"),
        ],
    },
    {
        name: "Mirror route",
        source: "argo mirror_route_test.go: TestIstioHostMirrorRoute",
        asserts:
            "two rules that copy, 100 % by path and 80 % by path and method, each with 80/20; then another path, which is not looked at; then one of them with 60/40; then one rule with 100/0 of the new stable",
        otherwise:
            "a service has one mirror, for all of its requests: 100 %, then 80 %. The copies are counted at the caller's proxy",
        given: { "limits.maxRaise": 60 },
        steps: [
            moves({ old: 80, new: 20 }, { mirror: 100, copiesOf: 500 }, mirror(100)),
            moves({ old: 80, new: 20 }, { mirror: 80, copiesOf: 500 }, mirror(80)),
            moves({ old: 60, new: 40 }, { mirror: 80 }),
            moves({ new: 100 }, { rules: ["weighted"] }, { "routing.web.mirror": undefined }),
            becomesStable("new"),
        ],
    },
    {
        name: "Rollback within the window",
        source: "argo rollback_window_test.go: TestRollbackAnalysisWithinWindow",
        asserts:
            "revisions 2, 3 and 4 are each analysed, and the way back to revision 2, two revisions ago, is not: 1, 2, 3, 3 analyses",
        otherwise: "two releases and the way back past one of them; `undo` goes to any earlier update, without a gate",
        given: { "limits.maxRaise": 100, "images.web.{third}": "v3", "weights.web.{third}": 0 },
        steps: [
            ...releasedTo("new"),
            ...releasedTo("third"),
            {
                does: {
                    command: "undo --to {whole:new} --yes --bake 1s --json",
                    code: 0,
                    says: /"outcome":"done"/,
                    saysNot: /"kind":"gate"/,
                },
                found: { weights: { new: 100 }, stable: "third", ...all },
            },
            becomesStable("new", all),
        ],
    },
];

import { atFirst, becomesStable, type Change, moves, type Scenario, type Shares, type Step } from "./scenario";

/** Istio makes 100 calls, and lets a destination have 10 more or less; of so many, four standard deviations are less than half of that. */
const manyRequests = 2_000;
const withThird = { "images.web.{third}": "v3", "weights.web.{third}": 0 };
const among = { subsets: ["old", "new", "third"], requests: manyRequests } as const;

/** One split after the other, the third version beside the two. */
const shifting = (first: Shares, second: Shares): readonly Step[] => [moves(first, among), moves(second, among)];

const copies = (percent: number | undefined, requests: number): Step =>
    moves(
        atFirst,
        { mirror: percent ?? 100, copiesOf: requests, requests: 0 },
        { "routing.web.mirror.to": "{new}", ...(percent !== undefined && { "routing.web.mirror.percent": percent }) },
    );

/** Istio's integration tests: tests/integration/pilot/common/routing.go, mirror_test.go. */
export const ofIstio: readonly Scenario[] = [
    {
        name: "Shifting 50",
        source: "istio routing.go: shifting-50",
        asserts:
            "50/25/25, and without a virtual machine 50/50: 100 calls, all answered 200, each destination within 10 calls",
        given: withThird,
        steps: shifting({ old: 50, new: 25, third: 25 }, { old: 50, new: 50, third: 0 }),
    },
    {
        name: "Shifting 80",
        source: "istio routing.go: shifting-80",
        asserts:
            "80/10/10, and without a virtual machine 80/20: 100 calls, all answered 200, each destination within 10 calls",
        given: withThird,
        steps: shifting({ old: 80, new: 10, third: 10 }, { old: 80, new: 20, third: 0 }),
    },
    {
        name: "Mirroring",
        source: "istio mirror_test.go: TestMirroring",
        asserts:
            "100 calls by HTTP and gRPC, not tried again: copied without a percentage 100 ± 0 %, 50 ± 10, 10 ± 5, 0 ± 0",
        otherwise: "by HTTP; copies are counted at the caller's proxy, and not in the pods' logs",
        steps: [copies(undefined, 500), copies(50, manyRequests), copies(10, manyRequests), copies(0, 500)],
    },
];

const insider: Change = {
    "routing.web.canaryMatch.to": "{new}",
    "routing.web.canaryMatch.any[0].cookies.type.exact": "insider",
};
const affinity = { "routing.web.affinity.cookie": "stay" };
const kept = ["affinity-v1", "affinity-v2", "weighted"] as const;

/** Flagger's end-to-end tests for Istio: test/istio/*.sh. */
export const ofFlagger: readonly Scenario[] = [
    {
        name: "Canary",
        source: "flagger test-canary.sh: canary",
        asserts:
            "10, 20, 30 %, then promoted, under 20 requests a second with ten retries each: 99 % well, 99 % within 500 ms",
        otherwise: "nothing is tried again, and nothing fails; how long answers take is not looked at",
        given: { "limits.maxRaise": 70 },
        steps: [
            moves({ old: 90, new: 10 }),
            moves({ old: 80, new: 20 }),
            moves({ old: 70, new: 30 }),
            moves({ new: 100 }),
            becomesStable("new"),
        ],
    },
    {
        name: "Canary under its success rate",
        source: "flagger test-canary.sh: request-success-rate, min 99",
        asserts: "the threshold, which its own test never crosses",
        otherwise: "a version that fails one request of five by its own word is given back by the gate",
        given: { "images.web.{new}": "v3" },
        path: "/cgi-bin/answer",
        mayFailByItself: true,
        steps: [
            {
                does: {
                    command: "release web --to {new} --steps 50,100 --json",
                    code: 1,
                    says: /"kind":"goesBack"[^]*"outcome":"rolledBack"/,
                },
                found: { weights: atFirst },
            },
        ],
    },
    {
        name: "Blue/green",
        source: "flagger test-canary.sh: B/G",
        asserts: "5 rounds of tests and load on the canary alone, then all users at once; the image that serves then",
        otherwise: "testers by a header, then a declared switch",
        given: { "canaryHeader.name": "X-group", "canaryHeader.exact": "test" },
        steps: [
            {
                does: {
                    command: "release web --to {new} --steps header,100 --json",
                    code: 0,
                    says: /"kind":"applied","step":"header"[^]*"outcome":"done"/,
                },
                found: {
                    weights: { new: 100 },
                    rules: ["canary-header", "weighted"],
                    testers: [{ headers: { "x-group": "test" }, to: "new" }],
                    pods: { old: 1, new: 1 },
                },
            },
        ],
    },
    {
        name: "A/B test",
        source: "flagger test-canary.sh: A/B",
        asserts:
            "users with the cookie type=insider on the canary for 5 rounds, then promoted; the image that serves then",
        given: { "limits.maxRaise": 100 },
        steps: [
            moves(
                atFirst,
                {
                    rules: ["canary-match", "weighted"],
                    testers: [
                        { headers: { cookie: "a=b; type=insider; c=d" }, to: "new" },
                        { headers: { cookie: "type=insiders" }, to: "old" },
                    ],
                },
                insider,
            ),
            moves({ new: 100 }, {}, { "routing.web.canaryMatch": undefined }),
            becomesStable("new"),
        ],
    },
    {
        name: "Session affinity",
        source: "flagger test-session-affinity.sh: verify_session_affinity.go",
        asserts:
            "at 10 % a user with the canary's cookie stays there for 5 requests, one with the primary's there; afterwards the cookie is taken back",
        otherwise:
            "2,000 users, each of whom comes back at least once; the split ends by going back, which lets all of them go at once",
        given: affinity,
        steps: [
            moves({ old: 90, new: 10 }, { rules: kept, users: "stay" }),
            moves({ old: 70, new: 30 }, { rules: kept, users: "stay" }),
            moves(atFirst, { rules: ["affinity-end", "weighted"], users: "are let go" }),
        ],
    },
    {
        name: "An image that can't be had",
        source: "flagger test-skip-analysis.sh: bad release",
        asserts: "an image that is not there: failed; the primary's pod and its image stay as they are",
        steps: [
            {
                does: {
                    fails: {
                        "images.web.{new}": "not-there",
                        "weights.web.{old}": 90,
                        "weights.web.{new}": 10,
                        deadline: "10s",
                    },
                    says: /web-v\d.*timed out waiting to be Ready/,
                },
                found: { weights: atFirst, pods: { old: 1 } },
            },
        ],
    },
];

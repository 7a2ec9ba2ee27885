import { atFirst, type Change, moves, type Scenario } from "./scenario";

/** As long as Argo gives its pods (`progressDeadlineSeconds: 10`). */
const soon = { deadline: "10s" };
const notReady = /web-v\d.*timed out waiting to be Ready/;

/** A Job that is asked at each step, and for how long a step is waited for that can't be judged. */
const job = (name: string): Change => ({
    "release.web.timeout": "25s",
    "release.web.checks[0].name": name,
    "release.web.checks[0].every": "2s",
    "release.web.checks[0].job.file": `${name}.yaml`,
});
/** A line of the driver about this check that has these words. */
const checkSays = (name: string, words: string): RegExp => new RegExp(`^(?=.*"check":"${name}").*${words}`, "m");
const half = "release web --to {new} --steps 50,100 --json";
const atHalf = { old: 50, new: 50 };

/** Argo Rollouts' end-to-end tests of good and bad versions and of analysis: functional_test.go, analysis_test.go. */
export const ofArgoReleases: readonly Scenario[] = [
    {
        name: "Good to bad",
        source: "argo functional_test.go: TestRolloutGoodToBadUpdate",
        asserts:
            "4 pods; a version that can't start, then another one: degraded both times, 4 pods of revision 1, 1 of the last",
        otherwise: "the update fails, and its share of 10 % is given to nobody; the canary keeps its last good pod",
        given: { "replicas.web.{old}": 4 },
        steps: ["bad", "bad-too"].map((tag) => ({
            does: {
                fails: { "images.web.{new}": tag, "weights.web.{old}": 90, "weights.web.{new}": 10, ...soon },
                says: notReady,
            },
            found: { weights: atFirst, pods: { old: 4, new: 1 } },
        })),
    },
    {
        name: "Bad to good",
        source: "argo functional_test.go: TestRolloutBadToGoodUpdate, TestRolloutBadToGoodSetWeightUpdate",
        asserts:
            "a first version that can't start is degraded; then one that can is healthy, at once or by way of 50 %: 4 pods of it, none of the first",
        otherwise:
            "the version that can't start is a third one beside two that serve: where nobody serves, nothing is split",
        steps: [
            {
                does: {
                    fails: {
                        "images.web.{third}": "bad",
                        "weights.web.{old}": 50,
                        "weights.web.{third}": 50,
                        ...soon,
                    },
                    says: notReady,
                },
                found: { weights: atFirst, pods: { old: 1, third: 0 } },
            },
            {
                does: { up: { "images.web.{third}": "v3", deadline: undefined } },
                found: {
                    weights: { old: 50, third: 50 },
                    subsets: ["old", "new", "third"],
                    pods: { old: 1, third: 1 },
                },
            },
        ],
    },
    {
        name: "Bad to bad",
        source: "argo functional_test.go: TestRolloutBadToBadUpdate",
        asserts:
            "a first version that can't start, then another: degraded both times, with no more pods than the surge allows: 4 and 1",
        otherwise: "as in bad to good; neither gets a subset or users, and the third is taken away again",
        steps: [
            ...["bad", "bad-too"].map((tag) => ({
                does: {
                    fails: {
                        "images.web.{third}": tag,
                        "weights.web.{old}": 90,
                        "weights.web.{third}": 10,
                        ...soon,
                    },
                    says: notReady,
                },
                found: { weights: atFirst, pods: { old: 1, third: 0 } },
            })),
            moves(
                atFirst,
                {},
                { "images.web.{third}": undefined, "weights.web.{third}": undefined, deadline: undefined },
            ),
        ],
    },
    {
        name: "Abort, retry, promote",
        source: "argo functional_test.go: TestRolloutAbortRetryPromote",
        asserts:
            "50 % and a pause; abort: degraded; retry: paused again, 1 pod of each; then promoted: 1 pod of revision 2, none of revision 1",
        otherwise: "the pause ends by `promote`; the old version's pod stays until the program has it no more",
        steps: [
            {
                does: {
                    starts: "release web --to {new} --steps 50,pause,100 --json",
                    until: /"kind":"waits","step":"pause-1"/,
                },
                found: { weights: atHalf, pods: { old: 1, new: 1 } },
            },
            { does: { command: "abort web", code: 0 }, found: { weights: atFirst } },
            { does: { ends: 1, says: /"outcome":"(aborted|rolledBack)"/ }, found: { weights: atFirst } },
            {
                does: { starts: "retry web --json", until: /"kind":"waits","step":"pause-1"/ },
                found: { weights: atHalf, pods: { old: 1, new: 1 } },
            },
            { does: { command: "promote web", code: 0 } },
            {
                does: { ends: 0, says: /"outcome":"done"/ },
                found: { weights: { new: 100 }, pods: { old: 1, new: 1 } },
            },
        ],
    },
    {
        name: "Inconclusive analysis",
        source: "argo analysis_test.go: TestCanaryInconclusiveBackgroundAnalysis",
        asserts:
            "an analysis that says neither yes nor no: the rollout is paused, with InconclusiveAnalysisRun as its message",
        given: { "release.web.timeout": "15s", "release.web.gate.minRequests": 1_000_000 },
        steps: [
            {
                does: { command: half, code: 3, says: /"verdict":"inconclusive"[^]*could not be judged within 15s/ },
                found: { weights: atHalf },
            },
        ],
    },
    {
        name: "Failed analysis",
        source: "argo analysis_test.go: TestCanaryFailInlineMultipleAnalysis",
        asserts: "one of several Jobs fails: the analysis is failed, the rollout degraded",
        given: job("job-fails"),
        steps: [
            {
                does: {
                    command: half,
                    code: 1,
                    says: checkSays("job-fails", '"verdict":"fail"'),
                },
                found: { weights: atFirst },
            },
        ],
    },
    {
        name: "Analysis by an image that can't be had",
        source: "argo analysis_test.go: TestCanaryInlineAnalysisInvalidImageJob",
        asserts: "a Job whose image is not there is inconclusive, and pauses the rollout",
        given: job("job-without-image"),
        steps: [
            {
                does: {
                    command: half,
                    code: 3,
                    says: checkSays("job-without-image", '"verdict":"inconclusive"'),
                },
                found: { weights: atHalf },
            },
        ],
    },
    {
        name: "Analysis that takes too long",
        source: "argo analysis_test.go: TestCanaryInlineAnalysisLongRunningJobWithDeadline",
        asserts: "a Job that its own deadline ends is failed, the rollout degraded",
        otherwise: "that it took too long says nothing of the version: users stay at 50 %, and somebody has to look",
        given: job("job-too-long"),
        steps: [
            {
                does: { command: half, code: 3, says: checkSays("job-too-long", "longer than specified deadline") },
                found: { weights: atHalf },
            },
        ],
    },
];

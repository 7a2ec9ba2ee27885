import { ofArgoIstio } from "./ofArgoIstio";
import { ofArgoReleases } from "./ofArgoReleases";
import { ofArgoRoutes } from "./ofArgoRoutes";
import { ofFlagger, ofIstio } from "./ofOthers";
import type { Scenario } from "./scenario";

/** The one after which a third version was stable: nothing is left to begin from where it fails. */
const last = "Rollback within the window";

/** Every scenario, in the order in which they are played. */
export const scenarios: readonly Scenario[] = [
    ...ofArgoIstio,
    ...ofArgoRoutes.filter(({ name }) => name !== last),
    ...ofArgoReleases,
    ...ofIstio,
    ...ofFlagger,
    ...ofArgoRoutes.filter(({ name }) => name === last),
];

/** A fixed sample for `npm test`, about a minute: weights, a rule above them, and an update that fails. */
export const sample: readonly string[] = ["HostSplit", "A/B test", "An image that can't be had"];

/** What others assert and we can't: by its source, with the reason. */
export const withoutCounterpart: readonly { readonly source: string; readonly why: string }[] = [
    {
        source: "argo istio_test.go: TestIstioHostSplit with TLS, TestIstioHostSplitOnlyTls",
        why: "a TrafficSplit writes http rules, or tcp ones; it has no `tls` rules by SNI whose weights could be split",
    },
    {
        source: "argo istio_test.go: TestIstioSubsetSplit, last part",
        why: "nothing is injected into labels or annotations of a DestinationRule, so that there is nothing to take away again",
    },
    {
        source: "argo rollback_window_test.go: TestRollbackAnalysisOutsideWindow",
        why: "there is no window: `undo` goes to any earlier update by steps within the limits, and no gate looks at them; who wants the gate releases the old version",
    },
    {
        source: "argo analysis_test.go: TestCanaryBackgroundAnalysis and the others of AnalysisRuns",
        why: "a gate is no object of the cluster whose phase could be read; what it has said stands in the stack's history",
    },
    {
        source: "argo functional_test.go: TestRolloutRestart, TestRolloutPDBRestart, TestScaleDownProgressively, TestWorkloadRef and the like",
        why: "they are about Argo's own ReplicaSets; our pods are Deployments, which Kubernetes itself restarts and scales",
    },
    {
        source: "argo istio/load-test-job.yaml",
        why: "its wrk with 40 connections for 300 s is called by no test; every scenario here has a load of its own",
    },
    {
        source: "istio mirror_test.go: TestMirroringExternalService",
        why: "a mirror is a version of the same service",
    },
    {
        source: "istio mirror_test.go: gRPC",
        why: "the scenarios' service speaks HTTP/1.1; that streams of gRPC go by the weights is looked at in test/cluster/streams.test.ts",
    },
    {
        source: "flagger test-delegation.sh",
        why: "a TrafficSplit writes a whole VirtualService; delegates of others are read by the judge, and not written",
    },
    {
        source: "flagger test-canary.sh: finalizers, revert on deletion",
        why: "no controller takes a Deployment over and doubles it, so that none has to give it back",
    },
];

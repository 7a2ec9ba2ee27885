import * as assert from "node:assert/strict";
import { readinessOf } from "../../../plugins/kubernetes/await";
import { claimReadiness } from "../../../plugins/kubernetes/await/claim";
import { customReadiness } from "../../../plugins/kubernetes/await/custom";
import { daemonSetReadiness } from "../../../plugins/kubernetes/await/daemonset";
import { deploymentReadiness } from "../../../plugins/kubernetes/await/deployment";
import { ingressReadiness } from "../../../plugins/kubernetes/await/ingress";
import { jobReadiness } from "../../../plugins/kubernetes/await/job";
import type { Readiness, Verdict } from "../../../plugins/kubernetes/await/observe";
import { podProblems, podReadiness } from "../../../plugins/kubernetes/await/pod";
import { serviceReadiness } from "../../../plugins/kubernetes/await/service";
import { statefulSetReadiness } from "../../../plugins/kubernetes/await/statefulset";
import type { Properties } from "../../../plugins/kubernetes/values";
import { albAnnotations } from "../../../systems/notifications/AlbIngress";

function judge(readiness: Readiness, object: Properties, related: Properties[][] = [], quietMs = 0): Verdict {
    return readiness.judge({ object, related, quietMs });
}

describe("a Deployment", () => {
    const deployment = (status: Properties, spec: Properties = {}): Properties => ({
        metadata: { name: "web", uid: "d", generation: 2, annotations: { "deployment.kubernetes.io/revision": "2" } },
        spec: { replicas: 3, ...spec },
        status: { observedGeneration: 2, ...status },
    });
    const complete = { replicas: 3, updatedReplicas: 3, availableReplicas: 3 };

    it("is ready when all pods, and no others, run the new template and are available", () => {
        assert.equal(judge(deploymentReadiness, deployment(complete)).isReady, true);
        for (const less of [{ updatedReplicas: 2 }, { replicas: 4 }, { availableReplicas: 2 }]) {
            assert.equal(
                judge(deploymentReadiness, deployment({ ...complete, ...less })).isReady,
                false,
                JSON.stringify(less),
            );
        }
    });

    it("is not ready as long as its controller has not seen the change", () => {
        assert.equal(judge(deploymentReadiness, deployment({ ...complete, observedGeneration: 1 })).isReady, false);
    });

    it("is ready without pods when none are wanted, and when it is paused", () => {
        assert.equal(judge(deploymentReadiness, deployment({}, { replicas: 0 })).isReady, true);
        assert.equal(judge(deploymentReadiness, deployment({ updatedReplicas: 1 }, { paused: true })).isReady, true);
    });

    it("tells how far it is, and what is wrong with the pods of the new template only", () => {
        const set = {
            metadata: { uid: "r", ...owned("d"), annotations: { "deployment.kubernetes.io/revision": "2" } },
            status: { readyReplicas: 1 },
        };
        const unfinished = deployment({ ...complete, availableReplicas: 2 });
        assert.deepEqual(judge(deploymentReadiness, unfinished, [[set], []]).progress, {
            message: "Waiting for app ReplicaSet to be available (1/3 Pods available)",
        });
        const [mine, old] = [crashing("new", "r"), crashing("old", "other")];
        const { progress, reasons } = judge(deploymentReadiness, unfinished, [[set], [mine, old]]);
        assert.equal(progress?.severity, "warning");
        assert.equal(reasons.filter((reason) => reason.startsWith("[Pod")).length, 1);
        assert.match(reasons.join("\n"), /\[Pod new\]/);
    });
});

describe("a Pod", () => {
    it("is ready by its condition, and when it has run to its end", () => {
        assert.equal(
            judge(podReadiness, { status: { conditions: [{ type: "Ready", status: "True" }] } }).isReady,
            true,
        );
        assert.equal(judge(podReadiness, { status: { phase: "Succeeded" } }).isReady, true);
        assert.equal(judge(podReadiness, { status: { phase: "Failed" } }).hasFailed, true);
    });

    const problems: [what: string, status: Properties, problem: RegExp][] = [
        [
            "no node",
            { conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available" }] },
            /0\/1 nodes are available/,
        ],
        [
            "no image",
            waiting("ImagePullBackOff", "Back-off pulling image"),
            /\[ImagePullBackOff\] Back-off pulling image/,
        ],
        ["a crash", waiting("CrashLoopBackOff", "back-off 10s"), /\[CrashLoopBackOff\] back-off 10s/],
        [
            "an end",
            { containerStatuses: [{ name: "main", state: { terminated: { reason: "Error", exitCode: 3 } } }] },
            /"main" completed with exit code 3/,
        ],
        [
            "a failed init container",
            {
                initContainerStatuses: [
                    { name: "init", state: { waiting: { reason: "ErrImagePull", message: "no" } } },
                ],
            },
            /\[ErrImagePull\] no/,
        ],
    ];
    for (const [what, status, problem] of problems) {
        it(`tells what keeps it from being ready: ${what}`, () =>
            assert.match(podProblems({ metadata: { name: "a", namespace: "shop" }, status }).join(), problem));
    }

    it("is not blamed for being young, ready or on its way out", () => {
        assert.deepEqual(podProblems({ metadata: { name: "a" }, status: waiting("ContainerCreating", "") }), []);
        assert.deepEqual(
            podProblems({ metadata: { name: "a" }, status: { conditions: [{ type: "Ready", status: "True" }] } }),
            [],
        );
        assert.deepEqual(
            podProblems({ metadata: { name: "a", deletionTimestamp: "now" }, status: waiting("Error", "gone") }),
            [],
        );
    });
});

describe("a Service", () => {
    const service = (spec: Properties, status: Properties = {}): Properties => ({
        metadata: { name: "web" },
        spec: { selector: { app: "web" }, clusterIP: "10.0.0.1", ...spec },
        status,
    });
    const pod = (name: string): Properties => ({ metadata: { name } });
    const slice = (...endpoints: [pod: string, ready: boolean][]): Properties => ({
        endpoints: endpoints.map(([name, ready]) => ({ conditions: { ready }, targetRef: { name } })),
    });

    it("is ready when its endpoints are selected pods, all of them ready", () => {
        assert.equal(
            judge(serviceReadiness, service({}), [[slice(["a", true], ["b", true])], [pod("a"), pod("b")]]).isReady,
            true,
        );
        assert.equal(
            judge(serviceReadiness, service({}), [[slice(["a", true], ["b", false])], [pod("a"), pod("b")]]).isReady,
            false,
        );
    });

    it("is not ready as long as its endpoints are those of a selector it had before", () => {
        assert.equal(judge(serviceReadiness, service({}), [[slice(["old", true])], [pod("new")]]).isReady, false);
    });

    it("is taken as meant so when nothing is selected for ten seconds", () => {
        assert.equal(judge(serviceReadiness, service({}), [[], []], 9_000).isReady, false);
        assert.equal(judge(serviceReadiness, service({}), [[], []], 10_000).isReady, true);
        assert.equal(judge(serviceReadiness, service({}), [[slice(["a", false])], [pod("a")]], 60_000).isReady, false);
    });

    it("is not waited for where there is nothing to select or to balance", () => {
        const specs: Properties[] = [{ selector: {} }, { clusterIP: "None" }, { type: "ExternalName" }];
        for (const spec of specs) {
            assert.equal(judge(serviceReadiness, service(spec)).isReady, true, JSON.stringify(spec));
            assert.deepEqual(serviceReadiness.sources(service(spec)), []);
        }
    });

    it("needs an address when it is a load balancer", () => {
        const related = [[slice(["a", true])], [pod("a")]];
        const waiting = judge(serviceReadiness, service({ type: "LoadBalancer" }), related);
        assert.deepEqual([waiting.isReady, waiting.reasons.length], [false, 1]);
        assert.equal(
            judge(
                serviceReadiness,
                service({ type: "LoadBalancer" }, { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } }),
                related,
            ).isReady,
            true,
        );
    });
});

describe("an Ingress", () => {
    it("is ready when it has an address", () => {
        const ingress = (...addresses: Properties[]): Properties => ({
            status: { loadBalancer: { ingress: addresses } },
        });
        assert.equal(judge(ingressReadiness, ingress({ hostname: "lb.example.org" })).isReady, true);
        for (const without of [ingress(), { status: { loadBalancer: {} } }, {}]) {
            const { isReady, reasons } = judge(ingressReadiness, without);
            assert.deepEqual([isReady, reasons.length], [false, 1]);
        }
    });

    it("is what is waited for, and not where the program says so", () => {
        const inputs = { apiVersion: "networking.k8s.io/v1", kind: "Ingress" };
        assert.equal(readinessOf(inputs), ingressReadiness);
        const metadata = { annotations: albAnnotations({ hostname: "shop.example.org" }) };
        assert.equal(readinessOf({ ...inputs, metadata }), undefined);
    });
});

describe("a PersistentVolumeClaim", () => {
    const claim = (phase: string): Properties => ({ spec: { storageClassName: "fast" }, status: { phase } });

    it("is ready when it is bound", () => {
        for (const [phase, isReady] of [
            ["Bound", true],
            ["Pending", false],
            ["Lost", false],
        ] as const)
            assert.equal(judge(claimReadiness, claim(phase), [[{ volumeBindingMode: "Immediate" }]]).isReady, isReady);
        assert.equal(judge(claimReadiness, claim("Pending"), [[]]).isReady, false, "of a class that nobody knows");
    });

    it("is ready before that where its class waits for a pod", () => {
        const later = [[{ volumeBindingMode: "WaitForFirstConsumer" }]];
        for (const [phase, isReady] of [
            ["Pending", true],
            ["Bound", true],
            ["Lost", false],
        ] as const)
            assert.equal(judge(claimReadiness, claim(phase), later).isReady, isReady, phase);
    });

    it("is what is waited for, with its class and no other", () => {
        assert.equal(readinessOf({ apiVersion: "v1", kind: "PersistentVolumeClaim" }), claimReadiness);
        assert.deepEqual(
            claimReadiness.sources(claim("")).map(({ name }) => name),
            ["fast"],
        );
        assert.deepEqual(claimReadiness.sources({ spec: {} }), []);
    });
});

describe("a Job", () => {
    const job = (status: Properties, spec: Properties = {}): Properties => ({
        metadata: { name: "once", namespace: "shop" },
        spec,
        status,
    });

    it("is ready when it is complete, has failed when it was given up, and is not waited for while suspended", () => {
        assert.equal(judge(jobReadiness, job({ conditions: [{ type: "Complete", status: "True" }] })).isReady, true);
        const failed = judge(
            jobReadiness,
            job({ conditions: [{ type: "Failed", status: "True", reason: "DeadlineExceeded", message: "too long" }] }),
        );
        assert.deepEqual([failed.hasFailed, failed.reasons[0]], [true, "[DeadlineExceeded] too long"]);
        assert.equal(judge(jobReadiness, job({}, { suspend: true })).isReady, true);
    });

    it("tells how far it is", () => {
        assert.equal(judge(jobReadiness, job({})).progress?.message, 'Waiting for Job "shop/once" to start');
        const running = judge(jobReadiness, job({ startTime: "now", active: 1, failed: 2 }));
        assert.equal(
            running.progress?.message,
            'Waiting for Job "shop/once" to succeed (Active: 1 | Succeeded: 0 | Failed: 2)',
        );
    });
});

describe("a StatefulSet", () => {
    const set = (status: Properties, spec: Properties = {}): Properties => ({
        metadata: { generation: 1 },
        spec: { replicas: 2, ...spec },
        status: { observedGeneration: 1, ...status },
    });

    const table: [what: string, set: Properties, isReady: boolean][] = [
        ["all ready and updated", set({ readyReplicas: 2, updatedReplicas: 2 }), true],
        ["one not ready", set({ readyReplicas: 1, updatedReplicas: 2 }), false],
        [
            "one not updated",
            set({ readyReplicas: 2, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" }),
            false,
        ],
        [
            "one below the partition not updated",
            set(
                { readyReplicas: 2, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" },
                { updateStrategy: { rollingUpdate: { partition: 1 } } },
            ),
            true,
        ],
        [
            "none to be updated by itself",
            set(
                { readyReplicas: 2, currentRevision: "a", updateRevision: "b" },
                { updateStrategy: { type: "OnDelete" } },
            ),
            true,
        ],
        ["the change not seen", set({ readyReplicas: 2, updatedReplicas: 2, observedGeneration: 0 }), false],
    ];
    for (const [what, object, isReady] of table) {
        it(`is ${isReady ? "" : "not "}ready with ${what}`, () =>
            assert.equal(judge(statefulSetReadiness, object).isReady, isReady));
    }
});

describe("a DaemonSet", () => {
    it("is ready when every node has an available pod of the current template", () => {
        const set = (status: Properties): Properties => ({
            metadata: { generation: 1 },
            spec: {},
            status: { observedGeneration: 1, desiredNumberScheduled: 2, ...status },
        });
        assert.equal(judge(daemonSetReadiness, set({ updatedNumberScheduled: 2, numberAvailable: 2 })).isReady, true);
        assert.equal(judge(daemonSetReadiness, set({ updatedNumberScheduled: 1, numberAvailable: 2 })).isReady, false);
        assert.equal(judge(daemonSetReadiness, set({ updatedNumberScheduled: 2, numberAvailable: 1 })).isReady, false);
    });
});

describe("a condition of the program's own", () => {
    const object = {
        status: {
            phase: "Running",
            conditions: [{ type: "Synced", status: "False" }],
            list: [{ a: 1 }],
            names: ["only"],
        },
    };
    const table: [expression: string, isReady: boolean][] = [
        ["jsonpath={.status.phase}=Running", true],
        ["jsonpath={.status.phase}=Done", false],
        ["jsonpath={.status.list[0].a}", true],
        ["jsonpath={.status.list[1].a}", false],
        ["jsonpath={.status.names}", true],
        ["jsonpath={.status.names[0]}=only", true],
        ["jsonpath={.status.names}=only", false],
        ["condition=Synced", false],
        ["condition=Synced=False", true],
        ['["condition=Synced=False", "jsonpath={.status.phase}=Done"]', false],
    ];
    for (const [expression, isReady] of table) {
        it(`${expression} holds: ${isReady}`, () =>
            assert.equal(judge(customReadiness(expression), object).isReady, isReady));
    }

    it("is refused when it cannot be understood", () =>
        assert.throws(() => customReadiness("ready"), /pulumi\.com\/waitFor: "ready" is neither/));
});

function owned(uid: string): Properties {
    return { ownerReferences: [{ uid }] };
}

function waiting(reason: string, message: string): Properties {
    return { containerStatuses: [{ name: "main", ready: false, state: { waiting: { reason, message } } }] };
}

function crashing(name: string, owner: string): Properties {
    return { metadata: { name, ...owned(owner) }, status: waiting("CrashLoopBackOff", "back-off") };
}

import * as assert from "node:assert/strict";
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { latePods } from "../../cluster/pods";

const started = Date.parse("2026-11-25T03:00:10.400Z");
const [before, after] = [new Date("2026-11-25T02:00:00Z"), new Date("2026-11-25T03:00:10Z")];

describe("the pods that were there when a cluster was stopped", () => {
    const whys = (pod: V1Pod): string[] => latePods(["shop/a"], [pod], started).map(({ why }) => why);

    it("are back when they are ready with containers that began since", () => {
        assert.deepEqual(whys(podWith([running(after)], true)), []);
    });

    it("are not back while a container of theirs ends again and again, also without an error", () => {
        const ended = {
            ...running(after),
            restartCount: 5,
            state: { terminated: { exitCode: 0, reason: "Completed", finishedAt: after } },
        } as V1ContainerStatus;
        assert.deepEqual(whys(podWith([ended], false)), [
            "container web ended with exit code 0 (Completed), for the 5. time",
        ]);
    });

    it("are not back by what they said before the stop", () => {
        assert.deepEqual(whys(podWith([running(before)], true)), ["container web was not started again yet"]);
        assert.deepEqual(whys(podWith([running(after), running(before, "proxy")], true)), [
            "container proxy was not started again yet",
        ]);
    });

    it("are named with what keeps them", () => {
        assert.deepEqual(whys(podWith([{ ...running(after), ready: false }], false)), [
            "container web runs, and says that it is not ready",
        ]);
        const crashed = { waiting: { reason: "CrashLoopBackOff" } };
        const last = { terminated: { exitCode: 137 } };
        assert.deepEqual(whys(podWith([{ ...running(after), state: crashed, lastState: last }], false)), [
            "container web waits (CrashLoopBackOff), its last exit code was 137",
        ]);
        const ended = { terminated: { exitCode: 1, reason: "Error" } };
        assert.deepEqual(whys(podWith([{ ...running(after), state: ended }], false)), [
            "container web ended with exit code 1 (Error)",
        ]);
    });

    it("are named with their first container where that is what fails", () => {
        const init = { ...running(after, "istio-init"), state: { waiting: { reason: "ErrImageNeverPull" } } };
        const pod = podWith([{ ...running(after), state: { waiting: { reason: "PodInitializing" } } }], false);
        pod.status = { ...pod.status, initContainerStatuses: [init] };
        assert.deepEqual(whys(pod), ["container istio-init waits (ErrImageNeverPull)"]);
    });

    it("are named with what the scheduler says", () => {
        const condition = {
            type: "PodScheduled",
            status: "False",
            message: "0/1 nodes are available: insufficient cpu.",
        };
        const pod = podWith([], false);
        pod.status?.conditions?.push(condition);
        assert.deepEqual(whys(pod), ["no node takes it: 0/1 nodes are available: insufficient cpu."]);
    });

    it("are not waited for once they are gone, on their way out, or were not among them", () => {
        const late = podWith([running(before)], true);
        assert.deepEqual(latePods(["shop/a"], [], started), []);
        assert.deepEqual(latePods(["shop/other"], [late], started), []);
        const leaving = { ...late, metadata: { ...late.metadata, deletionTimestamp: after } };
        assert.deepEqual(latePods(["shop/a"], [leaving], started), []);
    });
});

function podWith(containerStatuses: V1ContainerStatus[], isReady: boolean): V1Pod {
    const conditions = [{ type: "Ready", status: isReady ? "True" : "False" }];
    return { metadata: { namespace: "shop", name: "a" }, status: { conditions, containerStatuses } };
}

function running(startedAt: Date, name = "web"): V1ContainerStatus {
    return { name, ready: true, image: "", imageID: "", restartCount: 0, state: { running: { startedAt } } };
}

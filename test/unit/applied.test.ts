import * as assert from "node:assert/strict";
import { areDifferent, startCommand } from "../../cluster/appliedCluster";
import { stateDir } from "../../cluster/paths";
import { appliedIn } from "../../rollout/applied";

const provider = (kubeconfig: string, context: string) => ({
    urn: "urn:pulumi:dev::upshift::pulumi:providers:kubernetes::cluster",
    type: "pulumi:providers:kubernetes",
    inputs: { kubeconfig, context },
});
const state = (...resources: object[]) => appliedIn({ deployment: { resources } }, "/theirs");

describe("where a state says that a stack is applied", () => {
    it("is what the program wrote into it", () => {
        const inputs = { target: "k3d", name: "upshift", uid: "u-1" };
        const type = "upshift:index:AppliedCluster";
        const marked = { urn: `urn:pulumi:dev::upshift::${type}::cluster`, type, inputs };
        assert.deepEqual(state(marked, provider("/somewhere", "other")).cluster, inputs);
    });

    it("is told by the kubeconfig where an earlier version wrote it", () => {
        const of = (kubeconfig: string, context: string) => state(provider(kubeconfig, context)).cluster;
        assert.deepEqual(of(stateDir("clusters", "upshift", "kubeconfig"), "upshift-upshift"), {
            target: "embedded",
            name: "upshift",
        });
        assert.deepEqual(of(stateDir("targets", "k3d", "mine", "kubeconfig"), "k3d-mine"), {
            target: "k3d",
            name: "mine",
        });
        assert.deepEqual(of("/home/somebody/.kube/config", "prod"), { target: "context", name: "prod" });
    });

    it("is nowhere where nothing is applied", () => {
        assert.deepEqual(appliedIn({ deployment: {} }, "/theirs").cluster, undefined);
        assert.equal(appliedIn({ deployment: {} }, "/theirs").count, 0);
    });

    it("is another cluster only where both are known, and differ", () => {
        const of = (uid?: string) => ({ target: "k3d" as const, name: "upshift", uid });
        assert.equal(areDifferent(of("a"), of("b")), true);
        for (const [one, other] of [
            ["a", "a"],
            ["a", undefined],
            [undefined, "b"],
        ])
            assert.equal(areDifferent(of(one), of(other)), false);
    });

    it("is started by a command of ours only where it is ours: else the command shows why it does not answer", () => {
        assert.equal(
            startCommand({ target: "minikube", name: "mine" }, "/k"),
            "npx upshift cluster up --target minikube --name mine",
        );
        assert.equal(
            startCommand({ target: "context", name: "prod" }, "/home/somebody/.kube/config"),
            "kubectl --kubeconfig /home/somebody/.kube/config --context prod cluster-info",
        );
    });
});

import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { istioCharts } from "../../cluster/charts";
import { notAllowed } from "../../cluster/choose";
import { decide, type FoundIstio, type FoundMesh } from "../../cluster/context/decide";
import { usersKubeconfigs } from "../../cluster/kubeconfig";
import { stateDir } from "../../cluster/paths";
import { chooseTarget, inConfig, neededFor, targetIn } from "../../cluster/setup/target.mjs";

describe("chooseTarget", () => {
    const machine = (programs: string[], dockerAnswers: boolean, platform = "linux") => ({
        platform,
        isOnPath: (name: string) => programs.includes(name),
        ask: () => (dockerAnswers ? "28.2.2" : undefined),
    });
    const all = machine(["docker", "k3d", "minikube"], true);

    it("does what the user says: flag before variable before config", () => {
        const wishes = { flag: "minikube", variable: "context", config: "embedded", existing: [] };
        assert.equal(chooseTarget(wishes, all).target, "minikube");
        assert.equal(chooseTarget({ ...wishes, flag: undefined }, all).target, "context");
        assert.equal(chooseTarget({ ...wishes, flag: "auto", variable: "" }, all).target, "embedded");
    });

    it("stays where this checkout's cluster is", () => {
        assert.equal(chooseTarget({ config: "auto", existing: ["embedded"] }, all).target, "embedded");
        assert.throws(
            () => chooseTarget({ existing: ["k3d", "embedded"] }, all),
            /several targets: k3d, embedded[^]*fix: name one/,
        );
    });

    const machines: [string, ReturnType<typeof machine>, string][] = [
        ["k3d where Docker answers", all, "k3d"],
        ["minikube where Docker does not", machine(["docker", "k3d", "minikube"], false), "minikube"],
        ["embedded on a Linux with neither", machine(["docker"], true), "embedded"],
    ];
    for (const [what, given, expected] of machines) {
        it(`takes ${what}, and says why`, () => {
            const { target, why } = chooseTarget({ existing: [] }, given);
            assert.equal(target, expected);
            assert.notEqual(why, "");
        });
    }

    it("says what is lacking where nothing can run a cluster", () => {
        assert.throws(
            () => chooseTarget({ existing: [] }, machine(["docker"], false, "darwin")),
            /Docker does not answer, nor is minikube there[^]*fix: install/,
        );
    });

    it("never takes a context by itself", () => {
        fc.assert(
            fc.property(fc.subarray(["docker", "k3d", "minikube"]), fc.boolean(), (programs, answers) => {
                assert.notEqual(chooseTarget({ existing: [] }, machine(programs, answers)).target, "context");
            }),
        );
    });

    it("needs Go only to build tools: of a user's own Docker and Pulumi nothing else is asked", () => {
        const missing = (["anything", "tools", "cluster"] as const).map((what) => ({
            what,
            fix: "install it",
            for: what,
        }));
        const whats = (target: string, programs: string[]): string[] =>
            neededFor(target, missing, machine(programs, true)).map(({ what }) => what);
        assert.deepEqual(whats("embedded", ["pulumi"]), ["anything", "tools", "cluster"]);
        assert.deepEqual(whats("k3d", ["pulumi"]), ["anything"]);
        assert.deepEqual(whats("context", []), ["anything", "tools"]);
        assert.match(neededFor("k3d", missing, all)[1]?.fix ?? "", /^install Pulumi \(https:.*\); or install it$/);
    });

    it("reads the flag in both spellings, and the config's line", () => {
        assert.deepEqual(
            [targetIn(["--target", "k3d"]), targetIn(["--target=k3d"]), targetIn([])],
            ["k3d", "k3d", undefined],
        );
        assert.equal(inConfig("config:\n  upshift:target: minikube\n", "target"), "minikube");
    });
});

describe("decide", () => {
    const istio = (changes: Partial<FoundIstio> = {}): FoundIstio => ({
        namespace: "istio-system",
        revision: "default",
        version: "1.31.1",
        tags: [],
        ...changes,
    });
    const mesh = (istios: FoundIstio[], namespaces: FoundMesh["namespaces"] = {}): FoundMesh => ({
        istios,
        namespaces,
    });
    const kindOf = (found: FoundMesh, wanted?: string): string => {
        const decision = decide(found, "upshift.prod", wanted);
        return decision.kind === "refuse" ? decision.finding.what : decision.kind;
    };

    it("installs where there is none, and goes on with what the stack has installed", () => {
        assert.equal(kindOf(mesh([])), "install");
        assert.equal(kindOf(mesh([istio({ stack: "upshift.prod" })], { "istio-system": "upshift.prod" })), "install");
    });
    it("adopts another's, also that of another stack", () => {
        assert.equal(kindOf(mesh([istio()])), "adopt");
        assert.equal(kindOf(mesh([istio({ stack: "upshift.dev" })])), "adopt");
    });
    it("takes a revision by its tag", () => {
        const decision = decide(
            mesh([istio({ revision: "1-31", tags: ["prod"] }), istio({ revision: "1-30" })]),
            "s",
            "prod",
        );
        assert.deepEqual(decision.kind === "adopt" && [decision.istio.revision, decision.revision], ["1-31", "prod"]);
    });
    it("refuses to guess between several, and versions that are not supported", () => {
        assert.match(
            kindOf(mesh([istio({ revision: "a" }), istio({ revision: "b" })])),
            /several Istios, and none is named/,
        );
        assert.match(
            kindOf(mesh([istio({ version: "1.18.0" })])),
            /is 1\.18\.0; 1\.27 up to, not including, 1\.33 is supported/,
        );
    });
    it("says for each that it refuses what fixes it", () => {
        const fixOf = (found: FoundMesh, wanted?: string): string => {
            const decision = decide(found, "upshift.prod", wanted);
            return decision.kind === "refuse" ? decision.finding.fix : "";
        };
        const one = mesh([istio({ revision: "1-31-0" })]);
        assert.match(
            fixOf(mesh([istio({ version: "1.26.4" })])),
            /^upgrade it \(istioctl upgrade, or its Helm release\)/,
        );
        assert.match(fixOf(mesh([istio({ version: "1.33.0" })])), /pulumi config set --path istio\.revision REVISION$/);
        assert.equal(fixOf(one, "1-30-2"), "pulumi config set --path istio.revision 1-31-0");
        assert.match(kindOf(one, "1-30-2"), /^There is no Istio of revision 1-30-2; there is 1-31-0 \(1\.31\.1\)\.$/);
        assert.match(fixOf(mesh([]), "1-30-2"), /^pulumi config rm --path istio\.revision/);
        assert.match(fixOf(mesh([], { "istio-system": null })), /kubectl delete namespace istio-system$/);
        assert.equal(
            fixOf(mesh([istio({ revision: "a" }), istio({ revision: "b" })])),
            "pulumi config set --path istio.revision a",
        );
    });
    it("leaves a gateway's namespace of another's alone", () => {
        assert.match(
            kindOf(mesh([istio()], { "istio-ingress": null })),
            /istio-ingress is there already, made by another/,
        );
        assert.equal(kindOf(mesh([istio()], { "istio-ingress": "upshift.prod" })), "adopt");
    });
});

describe("a stack that matters", () => {
    it("comes up on the targets that its config allows, and on no other unless told", () => {
        assert.deepEqual(notAllowed({ allowedTargets: ["context"] }, "context", "upshift.prod"), []);
        for (const target of ["embedded", "k3d", "minikube"] as const) {
            const [finding] = notAllowed({ allowedTargets: ["context"] }, target, "upshift.prod");
            assert.match(finding?.fix ?? "", new RegExp(`allowedTargets\\[1\\]' ${target}`));
        }
    });
});

describe("Istio's charts", () => {
    it("come from its own repository at the pinned release, or from a mirror or a folder", () => {
        assert.deepEqual(istioCharts().istiod, {
            chart: "istiod",
            repository: "https://istio-release.storage.googleapis.com/charts",
            version: "1.31.1",
        });
        assert.deepEqual(istioCharts({ repository: "oci://mirror/charts" }).base, {
            chart: "oci://mirror/charts/base",
            version: "1.31.1",
        });
        assert.deepEqual(istioCharts({ repository: "/charts" }).gateway, { chart: "/charts/gateway" });
    });
});

describe("the user's kubeconfig", () => {
    it("is found in a shell whose KUBECONFIG names a cluster of this project", () => {
        const ours = stateDir("clusters", "upshift", "kubeconfig");
        assert.deepEqual(usersKubeconfigs({ KUBECONFIG: ours, UPSHIFT_KUBECONFIG: "/a:/b" }), ["/a", "/b"]);
        assert.deepEqual(usersKubeconfigs({ KUBECONFIG: "/a" }), ["/a"]);
        assert.match(usersKubeconfigs({ KUBECONFIG: ours })[0] ?? "", /\.kube\/config$/);
    });
});

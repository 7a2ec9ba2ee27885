import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { connect } from "../../cluster/context/connect";
import { lookForIstio } from "../../cluster/context/istios";
import { needs } from "../../cluster/context/needs";
import { roleFor } from "../../cluster/context/role";
import { contextTarget } from "../../cluster/context/target";
import type { ContextOptions } from "../../cluster/context/where";
import { clusterDown, clusterUp, type EmbeddedCluster } from "../../cluster/embedded/cluster";
import { embeddedPlace } from "../../cluster/embedded/place";
import { projectRoot } from "../../cluster/paths";
import { istioAssets } from "../../cluster/setup/istio";
import { explain, type Finding } from "../../cluster/target";
import { builtIstioVersion } from "../../cluster/tools/manifest";
import { toolPath } from "../../cluster/tools/tools";
import { shop } from "../../systems/shop/system";
import { allTo } from "../../components/traffic/split/weights";
import { call, edgeOf } from "../../systems/play/edge";
import { pulumi } from "../../rollout/pulumi";
import { stackOutputs } from "../../systems/play/outputs";
import { selectStack, setConfig } from "../../rollout/stack";
import { accessToken } from "../../systems/shop/token";
import { kubectl } from "../support/kubectl";

const run = promisify(execFile);
const name = "context-test";
const account = "system:serviceaccount:default:releaser";
const up = ["up", "--yes", "--skip-preview", "--stack", name];

/** One after the other, on one cluster, which stands for one that somebody else runs. */
describe("an existing cluster, by its context", function () {
    this.timeout(900_000);
    this.bail(true);
    let cluster: EmbeddedCluster;
    let folder: string;
    let kubeconfig: string;

    const optionsOf = (changes: Partial<ContextOptions> = {}): ContextOptions => ({
        context: "restricted",
        kubeconfig,
        istio: {},
        gateway: {},
        registry: "upshift.local",
        stack: `upshift.${name}`,
        systems: { shop },
        ...changes,
    });
    const check = (changes: Partial<ContextOptions> = {}): Promise<Finding[]> =>
        contextTarget(optionsOf(changes)).check();
    const everything = (): Promise<string> =>
        kubectl(name, ["get", "namespaces,deployments,crds,clusterroles", "-A", "-o", "name"]);

    before("brings up a cluster, with a user who may look at little", async function () {
        this.timeout(600_000);
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "context-"));
        kubeconfig = path.join(folder, "kubeconfig");
        await clusterDown(name, { delete: true });
        cluster = await clusterUp(name, {}, () => undefined);
        await kubectl(name, ["create", "serviceaccount", "releaser"]);
        const little = ["--verb=get,list,watch", "--resource=pods,namespaces,deployments.apps"];
        await kubectl(name, ["create", "clusterrole", "looker", ...little]);
        const looker = ["--clusterrole=looker", "--serviceaccount=default:releaser"];
        await kubectl(name, ["create", "clusterrolebinding", "releaser-looks", ...looker]);
        const token = (await kubectl(name, ["create", "token", "releaser", "--duration=2h"])).trim();
        fs.writeFileSync(kubeconfig, contextsFor(fs.readFileSync(cluster.kubeconfig, "utf8"), token), { mode: 0o600 });
    });

    after("removes all of it", async function () {
        this.timeout(600_000);
        await clusterDown(name, { delete: true });
        const stacks = JSON.parse(await pulumi(["stack", "ls", "--json"])) as { name: string }[];
        if (stacks.some((stack) => stack.name === name)) {
            // The lock of an update that was cut short.
            await pulumi(["cancel", "--yes", "--stack", name]);
            await pulumi(["stack", "rm", "--yes", "--force", "--stack", name]);
        }
        fs.rmSync(path.join(projectRoot(), `Pulumi.${name}.yaml`), { force: true });
        fs.rmSync(folder, { recursive: true });
    });

    it("names a context that is not there, and those that are", async () => {
        assert.match(
            explain(await check({ context: "produktion" })),
            /no context produktion: .* has .*restricted.*\n\s+fix: pulumi config set context/,
        );
    });

    it("takes no context by accident", async () => {
        assert.match(explain(await check({ context: undefined })), /current one is never taken by accident/);
    });

    it("says that the API server does not answer, and where", async () => {
        assert.match(
            explain(await check({ context: "nowhere" })),
            /https:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED[^]*fix: see that this works: kubectl --context nowhere/,
        );
    });

    it("says that the API server does not know the user", async () => {
        assert.match(explain(await check({ context: "stranger" })), /does not know this user \(401\)/);
    });

    it("names every permission that a restricted user lacks, with the command that grants them, and changes nothing", async () => {
        const before = await everything();
        const said = explain(await check());
        assert.match(said, new RegExp(`${account} may not do all that is needed in context restricted`));
        for (const missing of [
            /create, update, patch, delete, escalate, bind: clusterroles\.rbac/,
            /create.*: customresourcedefinitions\.apiextensions\.k8s\.io\n/,
            /get, create: pods\/portforward\n/,
            /create, update, patch, delete: deployments\.apps in istio-ingress, hands-on\n/,
        ])
            assert.match(said, missing);
        // It may look at pods, so that this is not asked for.
        assert.doesNotMatch(said, /: pods\n/);
        assert.match(
            said,
            new RegExp(
                `npx upshift cluster role --user ${account} --stack ${name} --first --install-istio \\| kubectl apply`,
            ),
        );
        assert.equal(await everything(), before);
    });

    /** As an administrator would: what was said before is replaced. */
    const grant = async (istio: boolean, first: boolean): Promise<void> => {
        const uses = { istio, first, systems: [shop.needs] };
        const { documents } = roleFor({ user: account, stack: name, needs: needs(uses), first });
        const file = path.join(folder, "role.yaml");
        fs.writeFileSync(
            file,
            documents.map((document) => stringify(document, { aliasDuplicateObjects: false })).join("---\n"),
        );
        await kubectl(name, ["apply", "-f", file]);
    };

    it("has nothing to say once an administrator has applied that role", async () => {
        await grant(true, true);
        assert.deepEqual(await check(), []);
    });

    it("asks for a registry, from which the cluster can pull", async () => {
        assert.match(explain(await check({ registry: undefined })), /needs a registry[^]*pulumi config set registry/);
    });

    it("refuses an istio-system of another's without an istiod in it", async () => {
        await kubectl(name, ["create", "namespace", "istio-system"]);
        assert.match(explain(await check()), /istio-system is there already, made by another, and there is no istiod/);
    });

    it("finds the Istio that another has installed, with its revision", async () => {
        await installIstio(cluster, "stable-1");
        const { config } = await connect(kubeconfig, "restricted");
        const { istios } = await lookForIstio(config);
        assert.deepEqual(
            istios.map(({ namespace, revision, version, stack }) => ({ namespace, revision, version, stack })),
            [{ namespace: "istio-system", revision: "stable-1", version: builtIstioVersion, stack: undefined }],
        );
        assert.deepEqual(await check(), []);
    });

    it("says before it does anything that this Istio is used, and that the cluster stays", async () => {
        const plan = await contextTarget(optionsOf()).plan();
        assert.match(
            plan.installs.join("\n"),
            new RegExp(
                `no Istio: the one in istio-system is used as it is \\(${builtIstioVersion}, revision stable-1\\)`,
            ),
        );
        assert.match(plan.undo.join("\n"), /pulumi destroy/);
    });

    it("refuses a revision that is not there, and names those that are", async () => {
        const said = explain(await check({ istio: { revision: "1-30-0" } }));
        assert.match(
            said,
            /no Istio of revision 1-30-0; there is stable-1 \(1\.31\.1\)[^]*fix: pulumi config set --path istio\.revision stable-1/,
        );
    });

    it("comes up by that user on the Istio that is there, and installs none beside it", async () => {
        // From here on without leave to install Istio.
        await grant(false, true);
        assert.deepEqual(await check(), []);
        await selectStack(name);
        await setConfig(name, {
            target: "context",
            context: "restricted",
            kubeconfig,
            registry: "upshift.local",
            "istio.repository": path.dirname(istioAssets().charts.base),
            "gateway.service": "NodePort",
            "gateway.address": `127.0.0.1:${cluster.ports.https}`,
            "gateway.httpAddress": `127.0.0.1:${cluster.ports.http}`,
        });
        await pulumi(up);
        const istiods = await kubectl(name, ["get", "deployments", "-A", "-l", "app=istiod", "-o", "name"]);
        assert.deepEqual(istiods.trim().split("\n"), ["deployment.apps/istiod-stable-1"]);
        const label = await kubectl(name, [
            "get",
            "namespace",
            "hands-on",
            "-o",
            "jsonpath={.metadata.labels.istio\\.io/rev}",
        ]);
        assert.equal(label, "stable-1");
    });

    it("needs no right in other namespaces any more, nor a Secret of theirs, once its own are there", async () => {
        await grant(false, false);
        assert.deepEqual(await check(), []);
        const may = async (verb: string, what: string, namespace: string): Promise<string> =>
            // It ends with exit code 1 for a no.
            (
                await kubectl(name, ["auth", "can-i", verb, what, "-n", namespace, `--as=${account}`]).catch(() => "no")
            ).trim();
        assert.equal(await may("patch", "deployments.apps", "hands-on"), "yes");
        for (const [verb, what, namespace] of [
            ["get", "secrets", "kube-system"],
            ["get", "secrets", "istio-system"],
            ["create", "deployments.apps", "default"],
            ["create", "rolebindings.rbac.authorization.k8s.io", "kube-system"],
            ["escalate", "clusterroles.rbac.authorization.k8s.io", ""],
            ["create", "namespaces", ""],
        ] as const)
            assert.equal(await may(verb, what, namespace), "no", `${verb} ${what} ${namespace}`);
    });

    it("moves traffic there, in steps as large as the limit", async () => {
        for (const v2 of [50, 100]) {
            await setConfig(name, { "weights.review.v1": 100 - v2, "weights.review.v2": v2 });
            await pulumi(up);
        }
        const outputs = await stackOutputs(name);
        assert.deepEqual(outputs.weights["review"], allTo("v2", ["v1", "v2"]));
        const edge = edgeOf(outputs, "shop");
        const authorization = `Bearer ${await accessToken(edge, outputs)}`;
        const { status, body } = await call(edge, "/product-composite/2", { headers: { authorization } });
        assert.equal(status, 200, body);
        assert.match(body, /"rev":\s*"review-v2/);
    });

    it("changes nothing when nothing changed", async () => {
        assert.match(await pulumi(up), /\d+ unchanged/);
        assert.doesNotMatch(await pulumi([...up, "--refresh"]), /\d+ (updated|replaced|created)/);
    });

    it("neither stops nor deletes the cluster", async () => {
        await assert.rejects(
            contextTarget(optionsOf()).down({ delete: true }, () => undefined),
            /was not made here[^]*fix: pulumi destroy/,
        );
        assert.equal((await contextTarget(optionsOf()).status()).phase, "ready");
    });

    it("refuses a stack whose config does not allow the target, before anything is changed", async () => {
        await setConfig(name, { "allowedTargets[0]": "k3d" });
        await assert.rejects(
            pulumi(up),
            /does not run on context: its config allows k3d[^]*fix: .*allowedTargets\[1\]' context/,
        );
        await pulumi(["config", "rm", "--stack", name, "allowedTargets"]);
    });

    it("leaves the Istio of another when it is destroyed, and nothing of its own", async () => {
        await pulumi(["destroy", "--yes", "--skip-preview", "--stack", name]);
        const namespaces = await kubectl(name, ["get", "namespaces", "-o", "name"]);
        assert.doesNotMatch(namespaces, /hands-on|istio-ingress/);
        const ready = await kubectl(name, [
            "get",
            "deployment",
            "istiod-stable-1",
            "-n",
            "istio-system",
            "-o",
            "jsonpath={.status.readyReplicas}",
        ]);
        assert.equal(ready, "1");
    });
});

/** Istio as another would have installed it: by Helm, with a revision. */
async function installIstio(cluster: EmbeddedCluster, revision: string): Promise<void> {
    const { charts, istiodValues } = embeddedPlace(cluster.name);
    const helm = (release: string, chart: string, values: object): Promise<unknown> => {
        const file = path.join(path.dirname(cluster.kubeconfig), `${release}.json`);
        fs.writeFileSync(file, JSON.stringify(values));
        const args = ["install", release, chart, "--namespace", "istio-system", "--values", file, "--wait"];
        return run(toolPath("helm"), [...args, "--kubeconfig", cluster.kubeconfig]);
    };
    await helm("base", charts.base.chart, { defaultRevision: revision });
    await helm("istiod", charts.istiod.chart, { ...istiodValues, revision });
}

/** A kubeconfig with a restricted user, a stranger, and a cluster that does not answer. */
function contextsFor(admin: string, token: string): string {
    const { clusters } = parse(admin) as { clusters: { name: string; cluster: object }[] };
    const [real] = clusters;
    const contexts = {
        restricted: ["real", "releaser"],
        stranger: ["real", "stranger"],
        nowhere: ["dead", "releaser"],
    };
    return stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [
            { name: "real", cluster: real?.cluster },
            { name: "dead", cluster: { server: "https://127.0.0.1:1" } },
        ],
        users: [
            { name: "releaser", user: { token } },
            { name: "stranger", user: { token: "nobody-knows-me" } },
        ],
        contexts: Object.entries(contexts).map(([context, [cluster, user]]) => ({
            name: context,
            context: { cluster, user },
        })),
    });
}

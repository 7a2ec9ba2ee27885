import * as assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import * as pulumi from "@pulumi/pulumi";
import { gatewayValues, istioCharts } from "../../cluster/charts";
import { Ingress, Istio } from "../../components";
import {
    chartVersion,
    createRelease,
    type HelmPlace,
    readRelease,
    resourceLabel,
    resourceMark,
    updateRelease,
} from "../../plugins/kubernetes/helm";
import type { ApiClient } from "../../plugins/kubernetes/client";
import { Engine } from "../../plugins/kubernetes/engine";
import { PartialFailure } from "../../plugins/kubernetes/errors";
import { Helm, HelmError } from "../../plugins/kubernetes/helm/program";
import { checkRelease } from "../../plugins/kubernetes/helm/release";
import { stringAt } from "../../plugins/kubernetes/objects";
import type { Properties } from "../../plugins/kubernetes/values";
import { recorded, type Reply, standIns, type StandIns } from "../support/standIns";

const releaseType = "kubernetes:helm.sh/v3:Release";
const repository = "https://istio-release.storage.googleapis.com/charts";
const where = ["--kube-context", "k3d-upshift", "--kubeconfig", "/home/me/kubeconfig"];

/**
 * What helm 3.22 said when this was done to it, on a real API server. The state of a release is changed in it by the tests,
 * and an upgrade that takes too long says what the installation said.
 */
const done: Reply = { stdout: recorded("helm-install.json") };
const failed = (text: string): Reply => ({ code: 1, stderr: `Error: ${text}\n` });

/** Istio's repository can't be reached where this was built; what is asked of helm is seen all the same. */
describe("Istio's charts by helm, from a repository", function () {
    this.timeout(30_000);
    let programs: StandIns;
    let place: HelmPlace;
    /** What the cluster has of a release, as helm prints it. */
    let kept: string | undefined;
    /** What is written on it by whoever has installed it. */
    let labels: Record<string, string>;
    const inputs = new Map<string, Properties>();
    const usersHelm = process.env.UPSHIFT_HELM;

    before(async () => {
        await pulumi.runtime.setMocks({
            newResource: ({ type, name, inputs: asked }) => {
                if (type === releaseType) inputs.set(name, asked as Properties);
                return { id: `${name}-id`, state: asked as Record<string, unknown> };
            },
            call: ({ inputs: asked }) => asked as Record<string, unknown>,
        });
        const charts = istioCharts();
        new Istio("istio", { ...charts, values: "global: { platform: k3d }" });
        new Ingress("istio-ingressgateway", {
            chart: charts.gateway,
            values: JSON.stringify(gatewayValues("LoadBalancer")),
        });
        await pulumi.runtime.disconnect();
    });
    beforeEach(() => {
        delete process.env.UPSHIFT_HELM;
        const config = { kubeconfig: "/home/me/kubeconfig", context: "k3d-upshift" };
        kept = undefined;
        labels = {};
        place = {
            engine: new Engine(undefined),
            helm: new Helm(config, new AbortController().signal),
            client: clusterWith(
                () => kept,
                () => labels,
            ),
        };
    });
    afterEach(() => programs.remove());
    after(() => {
        if (usersHelm !== undefined) process.env.UPSHIFT_HELM = usersHelm;
    });

    const have = (helm: Record<string, Reply>): void => void (programs = standIns({ helm }));
    const releaseOf = async (name: string): Promise<Properties> => {
        const news = inputs.get(name);
        assert.ok(news, `no release ${name}; there are ${[...inputs.keys()].join(", ")}`);
        const options = { name, randomSeed: Buffer.from("seed"), defaultNamespace: "default" };
        return (await checkRelease(news, {}, { ...options, versionOf: async () => stringAt(news, "version") })).inputs;
    };
    const target = { urn: `urn:pulumi:dev::upshift::${releaseType}::x`, type: releaseType };
    const ours = { [resourceLabel]: resourceMark(target.urn) };
    const mark = `${resourceLabel}=${resourceMark(target.urn)}`;
    const install = async (name: string): Promise<Properties | undefined> =>
        (await createRelease(target, await releaseOf(name), false, place)).state;
    const upgrade = async (name: string): ReturnType<typeof updateRelease> =>
        updateRelease(target, await releaseOf(name), false, place);
    const changes = (): string[] => programs.calls().map(([, ...args]) => args.join(" "));

    const releases: [string, string, string][] = [
        ["istio-base", "base", "istio-system"],
        ["istiod", "istiod", "istio-system"],
        ["istio-ingressgateway", "gateway", "istio-ingress"],
    ];
    for (const [name, chart, namespace] of releases) {
        it(`installs ${chart} at the pinned release, waits for it, and names the cluster`, async () => {
            have({ install: done });
            await install(name);
            assert.deepEqual(changes(), [
                [
                    `install ${name} ${chart} --namespace ${namespace} --repo ${repository} --version 1.31.1`,
                    `--wait --timeout 300s --labels ${mark} --values - --output json ${where.join(" ")}`,
                ].join(" "),
            ]);
        });
    }

    it("keeps of a release what helm says of it", async () => {
        have({ install: done });
        const state = await install("istio-ingressgateway");
        assert.deepEqual(
            [stringAt(state, "status", "status"), stringAt(state, "status", "chart")],
            ["deployed", "gateway"],
        );
        assert.deepEqual(state?.resourceNames, {
            "ServiceAccount/v1": ["default/gw"],
            "Role.rbac.authorization.k8s.io/rbac.authorization.k8s.io/v1": ["default/gw"],
        });
    });

    it("asks the repository for the chart in the preview, and says when it can't be reached", async () => {
        const said = `looks like "${repository}" is not a valid chart repository or cannot be reached: Get "${repository}/index.yaml": dial tcp: lookup istio-release.storage.googleapis.com on 10.0.0.2:53: no such host`;
        have({ "show chart": failed(said) });
        await assert.rejects(
            chartVersion(await releaseOf("istiod"), place.helm),
            /cannot be reached: Get .* no such host$/,
        );
        assert.deepEqual(changes(), [`show chart istiod --repo ${repository} --version 1.31.1 ${where.join(" ")}`]);
    });

    it("hands helm's words on when the name is in use, and leaves that release alone", async () => {
        have({ install: failed("INSTALLATION FAILED: cannot re-use a name that is still in use") });
        await assert.rejects(
            install("istiod"),
            /^HelmError: INSTALLATION FAILED: cannot re-use a name that is still in use$/,
        );
        assert.equal(changes().length, 1);
    });

    const ofStatus = (status: string): string =>
        recorded("helm-install.json").replace('"status": "deployed"', `"status": "${status}"`);

    it("neither installs over another's release nor clears it away, also where that is just being installed or upgraded, or has failed", async () => {
        const theirs = ["deployed", "failed", "pending-install", "uninstalled"].map(ofStatus);
        const another = { [resourceLabel]: resourceMark("urn:pulumi:prod::theirs") };
        const others = [{}, another].flatMap((by) => theirs.map((release) => ({ release, by })));
        const busy = ofStatus("pending-upgrade").replace('"version": 1,', '"version": 2,');
        for (const { release, by } of [...others, { release: busy, by: ours }]) {
            kept = release;
            labels = by;
            have({});
            await assert.rejects(
                install("istiod"),
                /There is a release istiod in istio-system already[^]*helm uninstall istiod -n istio-system/,
            );
            assert.deepEqual(changes(), []);
            programs.remove();
        }
        have({});
    });

    it("clears away what a killed run has begun and never finished, and installs anew", async () => {
        kept = ofStatus("pending-install");
        labels = ours;
        have({ uninstall: {}, install: done });
        await install("istiod");
        assert.deepEqual(
            changes().map((text) => text.split(" --")[0]),
            ["uninstall gw", "install istiod istiod"],
        );
    });

    it("does not take another's release into the state that was begun at the same time", async () => {
        have({ install: failed("INSTALLATION FAILED: cannot re-use a name that is still in use") });
        const { client } = place;
        let asked = 0;
        // Not there when it is looked for first, and there when helm has been refused.
        const request: ApiClient["request"] = async (...args) => (asked++ ? client.request(...args) : { items: [] });
        place = { ...place, client: { request } as ApiClient };
        kept = ofStatus("pending-install");
        await assert.rejects(install("istiod"), (error) => error instanceof HelmError);
        labels = ours;
        asked = 0;
        await assert.rejects(install("istiod"), (error) => error instanceof PartialFailure);
    });

    it("leaves it to helm what is replaced where the program wants that", async () => {
        kept = ofStatus("uninstalled");
        have({ install: done });
        const news = { ...(await releaseOf("istiod")), replace: true };
        await createRelease(target, news, false, place);
        assert.match(changes().join(), /^install istiod .* --replace /);
    });

    it("goes on with the state's own release, whoever has begun it, and finds no difference in its label", async () => {
        kept = recorded("helm-install.json");
        have({ upgrade: done, uninstall: {}, install: done });
        const { state = {} } = await upgrade("istiod");
        for (const by of [{}, ours]) {
            labels = by;
            assert.deepEqual((await readRelease("istio-system/istiod", state, place)).state, state);
        }
        labels = {};
        kept = ofStatus("pending-install");
        await upgrade("istiod");
        const [, uninstalled, installed] = changes();
        assert.match(uninstalled ?? "", /^uninstall gw /);
        assert.ok(installed?.includes(`--labels ${mark}`), installed);
    });

    it("says that another operation is in progress, and has changed nothing", async () => {
        kept = recorded("helm-install.json");
        have({
            upgrade: failed("UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress"),
        });
        await assert.rejects(
            upgrade("istiod"),
            /UPGRADE FAILED: another operation \(install\/upgrade\/rollback\) is in progress/,
        );
        assert.match(changes().join(), /^upgrade istiod istiod --namespace istio-system --repo .* --history-max 0 /);
    });

    it("keeps in the state that a release's pods did not get ready in time", async () => {
        kept = recorded("helm-install.json").replace('"status": "deployed"', '"status": "failed"');
        const upgraded = failed("UPGRADE FAILED: context deadline exceeded");
        have({ upgrade: upgraded });
        await assert.rejects(upgrade("istiod"), (error) => {
            assert.ok(error instanceof PartialFailure, String(error));
            assert.match(error.message, /failed to initialize completely[^]*context deadline exceeded/);
            return stringAt(error.state, "status", "status") === "failed";
        });
    });

    it("looks for a release where the user's helm keeps them, and says where it can't", async () => {
        const { HELM_DRIVER: before } = process.env;
        const asked: string[] = [];
        const request = async (_method: string, path: string): Promise<Properties> => {
            asked.push(path);
            return { items: [] };
        };
        place = { ...place, client: { request } as ApiClient };
        have({ install: done });
        try {
            process.env.HELM_DRIVER = "configmap";
            await install("istiod");
            assert.deepEqual(asked, ["/api/v1/namespaces/istio-system/configmaps"]);
            process.env.HELM_DRIVER = "sql";
            await assert.rejects(install("istiod"), /HELM_DRIVER=sql keeps releases where this provider does not look/);
        } finally {
            if (before === undefined) delete process.env.HELM_DRIVER;
            else process.env.HELM_DRIVER = before;
        }
    });

    it("says that there is no helm, and how to get one", async () => {
        programs = standIns({});
        await assert.rejects(install("istiod"), /there is no such program\. Install helm 3, or set UPSHIFT_HELM/);
    });
});

/** An API server that has one release at most, in the Secret that helm would have made of it. */
function clusterWith(kept: () => string | undefined, labels: () => Record<string, string>): ApiClient {
    const request = async (_method: string, path: string): Promise<Properties> => {
        const release = kept();
        if (release === undefined) return { items: [] };
        const metadata = {
            name: "sh.helm.release.v1.gw.v1",
            labels: { ...labels(), owner: "helm", name: "gw", version: "1" },
        };
        if (path.endsWith("/secrets")) return { items: [{ metadata }] };
        const packed = gzipSync(release).toString("base64");
        return { metadata, data: { release: Buffer.from(packed).toString("base64") } };
    };
    return { request } as ApiClient;
}

import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { connect } from "../../cluster/context/connect";
import { needs } from "../../cluster/context/needs";
import { missingPermissions } from "../../cluster/context/permissions";
import { roleFor } from "../../cluster/context/role";
import { shop } from "../../systems/shop/system";
import { istioAssets } from "../../cluster/setup/istio";
import { toolPath } from "../../cluster/tools/tools";
import { startCluster, type TestCluster } from "../support/apiserver";

const user = "system:serviceaccount:default:releaser";

/** Helm installs Istio's charts with no more than the role that is printed for it, on a real API server that asks RBAC. */
describe("the role for installing Istio", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    let kubeconfig: string;

    before(async () => {
        cluster = await startCluster();
        const accounts = "/api/v1/namespaces/default/serviceaccounts";
        await cluster.request("POST", accounts, { metadata: { name: "releaser" } });
        const { status } = await cluster.request("POST", `${accounts}/releaser/token`, { spec: {} });
        const config = parse(fs.readFileSync(cluster.kubeconfig, "utf8")) as { users: { user: object }[] };
        config.users.forEach((one) => (one.user = { token: (status as { token: string }).token }));
        kubeconfig = path.join(path.dirname(cluster.kubeconfig), "releaser");
        fs.writeFileSync(kubeconfig, stringify(config), { mode: 0o600 });
    });
    after(() => cluster?.stop());

    const kubectl = (input: string, ...args: string[]): string =>
        execFileSync(toolPath("kubectl"), ["--kubeconfig", cluster.kubeconfig, ...args], {
            input,
            encoding: "utf8",
            stdio: "pipe",
        });
    const grant = (istio: boolean, first: boolean): void => {
        const wanted = needs({ istio, first, systems: [shop.needs] });
        const { documents } = roleFor({ user, stack: "prod", needs: wanted, first });
        kubectl(
            documents.map((document) => stringify(document, { aliasDuplicateObjects: false })).join("---\n"),
            "apply",
            "-f",
            "-",
        );
    };
    const lacks = async (istio: boolean, first: boolean) => {
        const { config } = await connect(kubeconfig, "test");
        return missingPermissions(config, needs({ istio, first, systems: [shop.needs] }));
    };
    const install = (name: string, chart: string, namespace: string): void => {
        const args = [
            "install",
            name,
            chart,
            "--namespace",
            namespace,
            "--create-namespace",
            "--kubeconfig",
            kubeconfig,
        ];
        execFileSync(toolPath("helm"), args, { stdio: "pipe" });
    };

    it("lacks nothing, and is enough for the charts", async () => {
        assert.ok((await lacks(true, true)).length > 10);
        grant(true, true);
        assert.deepEqual(await lacks(true, true), []);
        const { charts } = istioAssets();
        install("istio-base", charts.base, "istio-system");
        install("istiod", charts.istiod, "istio-system");
        install("istio-ingressgateway", charts.gateway, "istio-ingress");
    });

    it("is taken back by the one that is printed later, to what is needed in the stack's namespaces", async () => {
        kubectl("", "create", "namespace", "hands-on");
        grant(true, false);
        assert.deepEqual(await lacks(true, false), []);
        const asked = { group: "", resource: "secrets", verbs: ["get", "create"] };
        const { config } = await connect(kubeconfig, "test");
        const inOthers = { ...asked, namespaces: ["kube-system", "default"] };
        assert.deepEqual(await missingPermissions(config, [inOthers]), [inOthers]);
        grant(false, false);
        assert.deepEqual(await lacks(false, false), []);
        const roles = {
            group: "rbac.authorization.k8s.io",
            resource: "clusterroles",
            verbs: ["escalate", "bind", "create"],
        };
        assert.deepEqual(await missingPermissions(config, [roles]), [roles]);
    });
});

import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { clusterDown, clusterUp } from "../../cluster/embedded/cluster";
import { embeddedPlace } from "../../cluster/embedded/place";
import { projectRoot } from "../../cluster/paths";
import { toolPath } from "../../cluster/tools/tools";
import { until } from "../support/apiserver";
import { kubectl } from "../support/kubectl";
import { sandbox, type Sandbox } from "../support/pulumi";

const name = "webhooks-test";

interface Webhooks {
    metadata: { name: string; managedFields: { manager: string }[] };
    webhooks: { failurePolicy: string; clientConfig: { caBundle?: string } }[];
}

/**
 * Istiod fills in its own webhooks what their chart leaves open: the CA, and that a failure is one. Whoever then applies the
 * chart's objects anew by server-side apply is refused (pulumi-kubernetes #2210).
 */
describe("Istio's webhooks, which istiod itself changes", function () {
    this.timeout(600_000);
    this.bail(true);
    let stack: Sandbox;

    const webhooks = async (): Promise<Webhooks> => {
        const kind = "validatingwebhookconfiguration/istio-validator-istio-system";
        return JSON.parse(await kubectl(name, ["get", kind, "--show-managed-fields", "-o", "json"])) as Webhooks;
    };
    const areIstiods = async (): Promise<boolean> => {
        const { metadata, webhooks: all } = await webhooks();
        const isFilled = all.every(
            ({ failurePolicy, clientConfig }) => failurePolicy === "Fail" && clientConfig.caBundle,
        );
        return isFilled && metadata.managedFields.some(({ manager }) => manager === "pilot-discovery");
    };
    const configure = (logging: string): void => {
        const { kubeconfig, context, charts, istiodValues } = embeddedPlace(name);
        const { global } = istiodValues as { global: object };
        const values = { ...istiodValues, global: { ...global, logging: { level: logging } } };
        stack.write({ "istio.json": JSON.stringify({ kubeconfig, context, ...charts, values }) });
    };

    before("brings up a cluster", async function () {
        this.timeout(600_000);
        await clusterDown(name, { delete: true });
        await clusterUp(name, {}, () => undefined);
        stack = await sandbox({ "index.ts": program }, { UPSHIFT_HELM: toolPath("helm") });
        configure("default:info");
    });

    after("removes it", async function () {
        this.timeout(600_000);
        await clusterDown(name, { delete: true });
        stack?.remove();
    });

    it("are filled in by istiod after the first up", async () => {
        await stack.succeed("up", "--yes", "--skip-preview");
        await until("istiod has filled its webhooks in", 60_000, areIstiods);
    });

    it("would be a conflict for a server-side apply of what the chart says", async () => {
        const { webhooks: all, ...rest } = await webhooks();
        const metadata = { name: rest.metadata.name };
        const asInChart = all.map((one) => ({ ...one, failurePolicy: "Ignore" }));
        const file = path.join(stack.folder, "webhooks.json");
        fs.writeFileSync(file, JSON.stringify({ ...rest, metadata, webhooks: asInChart }));
        const args = ["apply", "--server-side", "--dry-run=server", "--field-manager=another", "-f", file];
        const { kubeconfig } = embeddedPlace(name);
        await assert.rejects(
            promisify(execFile)(toolPath("kubectl"), [...args, "--kubeconfig", kubeconfig]),
            /conflict with "pilot-discovery".*failurePolicy/s,
        );
    });

    it("are no change at the next up, nor with a refresh", async () => {
        for (const refresh of [[], ["--refresh"]]) {
            const printed = await stack.succeed("up", "--yes", "--skip-preview", ...refresh);
            assert.match(printed, /\d+ unchanged/);
            assert.doesNotMatch(printed, /\d+ (created|updated|replaced|deleted)/);
        }
    });

    it("are no conflict when a value changes and Helm applies the chart again, and stay istiod's", async () => {
        configure("default:warn");
        const printed = await stack.succeed("up", "--yes", "--skip-preview");
        assert.match(printed, /Release istiod updated/);
        assert.doesNotMatch(printed, /conflict/i);
        const istiod = (await stack.resources()).find(({ urn }) => urn.endsWith("::istiod"));
        assert.equal((istiod?.outputs?.status as { revision: number }).revision, 2);
        await until("the webhooks are filled in again", 60_000, areIstiods);
    });
});

const program = `
import * as fs from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import { Istio } from "${path.join(projectRoot(), "components/mesh/Istio")}";

const { kubeconfig, context, base, istiod, values } = JSON.parse(fs.readFileSync("istio.json", "utf8"));
const cluster = new k8s.Provider("cluster", { kubeconfig, context, enableServerSideApply: true });
new Istio("istio", { base, istiod, values: JSON.stringify(values) }, { providers: [cluster] });
`;

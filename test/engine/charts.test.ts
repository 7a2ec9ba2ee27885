import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { parseAllDocuments } from "yaml";
import { k3dPlace } from "../../cluster/k3d/place";
import { minikubePlace } from "../../cluster/minikube/place";
import type { Place } from "../../cluster/place";
import { forget, type RecordedTarget, writeRecord } from "../../cluster/record";
import { istioAssets } from "../../cluster/setup/istio";
import { toolPath } from "../../cluster/tools/tools";

const cluster = "charts-test";

interface Rendered {
    kind: string;
    metadata: { name: string };
    spec: {
        type?: string;
        ports?: { port: number; nodePort?: number }[];
        selector?: { matchLabels?: Record<string, string> };
        template?: { metadata: { labels: Record<string, string> }; spec: { containers: Container[] } };
    };
}
interface Container {
    imagePullPolicy?: string;
}

/** Helm itself, and Istio's charts of the release that the targets install; only that no cluster takes what comes out. */
describe("Istio's charts with the values of a target", function () {
    this.timeout(600_000);
    const places: Record<RecordedTarget, (name: string, istio: object) => Place> = {
        k3d: k3dPlace,
        minikube: minikubePlace,
    };
    const placeOn = (target: RecordedTarget): Place => {
        const addresses = { gatewayAddress: "127.0.0.1:9443", httpAddress: "127.0.0.1:8080" };
        writeRecord(target, cluster, { ...addresses, images: {}, made: "today" });
        return places[target](cluster, {});
    };
    afterEach(() => (["k3d", "minikube"] as const).forEach((target) => forget(target, cluster)));

    const rendered = (name: string, chart: string, values: object): Rendered[] => {
        const args = ["template", name, chart, "--namespace", "istio-ingress", "--values", "-"];
        const text = execFileSync(toolPath("helm"), args, {
            input: JSON.stringify(values),
            encoding: "utf8",
            stdio: "pipe",
        });
        return parseAllDocuments(text).flatMap((document) => (document.toJS() as Rendered | null) ?? []);
    };
    const gateway = ({ gatewayValues }: Place): Rendered[] =>
        rendered("istio-ingressgateway", istioAssets().charts.gateway, gatewayValues);
    const portsOf = (objects: Rendered[]): [string | undefined, [number, number | undefined][]] => {
        const service = objects.find(({ kind }) => kind === "Service");
        const ports = service?.spec.ports?.map(({ port, nodePort }): [number, number | undefined] => [port, nodePort]);
        return [service?.spec.type, ports ?? []];
    };

    it("give k3d a LoadBalancer with the ports that lead to it", () => {
        const [type, ports] = portsOf(gateway(placeOn("k3d")));
        assert.equal(type, "LoadBalancer");
        assert.deepEqual(
            ports.map(([port]) => port),
            [15021, 80, 443],
        );
    });

    it("give minikube a NodePort with the ports that were published", () => {
        assert.deepEqual(portsOf(gateway(placeOn("minikube"))), [
            "NodePort",
            [
                [15021, undefined],
                [80, 30080],
                [443, 30443],
            ],
        ]);
    });

    it("pull the gateway's image only where it is not there", () => {
        const deployment = gateway(placeOn("k3d")).find(({ kind }) => kind === "Deployment");
        const policies = deployment?.spec.template?.spec.containers.map(({ imagePullPolicy }) => imagePullPolicy);
        assert.deepEqual(policies, ["IfNotPresent"]);
    });

    it("put a label on the gateway's pods, and not into a selector that can't be changed any more", () => {
        const place = placeOn("k3d");
        const values = { ...place.gatewayValues, labels: { "upshift.dev/stack": "upshift.dev" } };
        const { selector, template } =
            gateway({ ...place, gatewayValues: values }).find(({ kind }) => kind === "Deployment")?.spec ?? {};
        assert.equal(template?.metadata.labels["upshift.dev/stack"], "upshift.dev");
        assert.deepEqual(selector?.matchLabels, { app: "istio-ingressgateway", istio: "ingressgateway" });
    });

    it("know the platform, and would say so of one that there is not", () => {
        const { istiod } = istioAssets().charts;
        for (const target of ["k3d", "minikube"] as const) {
            const objects = rendered("istiod", istiod, placeOn(target).istiodValues);
            assert.ok(objects.some(({ kind, metadata }) => kind === "Deployment" && metadata.name === "istiod"));
        }
        assert.throws(
            () => rendered("istiod", istiod, { global: { platform: "k4d" } }),
            (error: Error) => /unknown platform|k4d/.test(error.message),
        );
    });
});

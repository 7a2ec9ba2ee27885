import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { istioAssets } from "../../cluster/setup/istio";
import { at, parseId, stringAt } from "../../plugins/kubernetes/objects";
import type { Properties, Value } from "../../plugins/kubernetes/values";
import { until, type TestCluster } from "./apiserver";
import type { Recorded, Recording } from "./recordings";

type Request = TestCluster["request"];

/** Defines the kinds of the mesh as Istio's chart does, and waits until the server has them. */
export async function defineMeshKinds(request: Request): Promise<void> {
    const chart = fs.readFileSync(path.join(istioAssets().charts.base, "files/crd-all.gen.yaml"), "utf8");
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    for (const plural of ["virtualservices", "destinationrules"]) {
        const name = `\n  name: ${plural}.networking.istio.io\n`;
        const definition = chart.split(/^---$/m).find((document) => document.includes(name)) ?? "";
        await request("POST", definitions, parse(definition) as Properties);
        await until(`the server has ${plural}`, 20_000, () => request("GET", `/apis/networking.istio.io/v1/${plural}`));
    }
}

/** The namespace that the recorded program has made. */
export function recordedNamespace(recorded: readonly Recording[]): string {
    return parseId(stringAt(callIn(recorded, "05", "Update", "web-vs").request, "id")).namespace;
}

/** What others did to the cluster before an operation was recorded, as the recordings show it; by the operation's number. */
export function editsOfOthers(
    recorded: readonly Recording[],
    request: Request,
): Readonly<Record<string, () => Promise<unknown>>> {
    const namespace = recordedNamespace(recorded);
    const route = `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices/web-vs`;
    return {
        // kubectl patch
        "08": () => {
            const spec = member(callIn(recorded, "08", "Read", "web-vs").response, "spec");
            const contentType = "application/merge-patch+json";
            return request("PATCH", `${route}?fieldManager=kubectl-patch`, { spec }, { contentType });
        },
        // Another program applies the route and takes it by force: what it wrote is in what the failed update left.
        "17": () => {
            const { request: later } = callIn(recorded, "20", "Read", "web-vs");
            const [apiVersion, kind, spec] = [
                member(later, "apiVersion"),
                member(later, "kind"),
                member(later, "spec"),
            ];
            const body = { apiVersion, kind, metadata: { name: "web-vs" }, spec };
            const contentType = "application/apply-patch+yaml";
            return request("PATCH", `${route}?fieldManager=argocd&force=true`, body, { contentType });
        },
        // kubectl delete
        "19": () => request("DELETE", route),
        // kubectl apply, of an object that is then imported
        "21": () => {
            const { response } = callIn(recorded, "21", "Read", "adopted");
            const metadata = { name: "adopted", annotations: member(response, "metadata", "annotations") };
            const configMaps = `/api/v1/namespaces/${namespace}/configmaps?fieldManager=kubectl-client-side-apply`;
            return request("POST", configMaps, { metadata, data: member(response, "data") });
        },
    };
}

function callIn(recorded: readonly Recording[], operation: string, method: string, resource: string): Recorded {
    const found = recorded
        .find(({ name }) => name.startsWith(`${operation}-`))
        ?.calls.find((call) => call.method === method && stringAt(call.request, "urn").endsWith(`::${resource}`));
    return found ?? assert.fail(`Operation ${operation} should have a recorded ${method} of ${resource}`);
}

/** A member of the object that a request or a response is about. */
function member(message: Properties | undefined, ...path: string[]): Value {
    return at(message, "properties", ...path) ?? assert.fail(`The recording should have ${path.join(".")}`);
}

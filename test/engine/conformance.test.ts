import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { istioAssets } from "../../cluster/setup/istio";
import { usesBuiltKubernetes } from "../../cluster/tools/providers";
import { toolPath } from "../../cluster/tools/tools";
import { stringAt } from "../../plugins/kubernetes/objects";
import { mapObject, type Properties } from "../../plugins/kubernetes/values";
import { startCluster, type TestCluster } from "../support/apiserver";
import { playNode } from "../support/node";
import { CallError, TestProvider } from "../support/provider";
import { defineMeshKinds, editsOfOthers, recordedNamespace } from "../support/recordedWorld";
import { Names, recordings, withoutPodNames, withoutServerSet, type Recorded } from "../support/recordings";

const recorded = recordings();

/** Where this provider means to say something else, and why. */
const exceptions: readonly { of: RegExp; adds: string; reason: string }[] = [
    {
        of: / had an apply conflict: /,
        adds: '\nTo take the fields over, set the annotation pulumi.com/patchForce: "true" on the resource.',
        reason: "The official provider says what is in conflict; this one adds how to win it.",
    },
];

describe("the kubernetes provider beside the official one", () => {
    if (!recorded) {
        it("needs its recorded answers", function () {
            this.skip();
        });
        return;
    }

    const cwd = process.cwd();
    let folder: string;

    before(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "charts-"));
        // The recordings name a chart by this path; its version there, 1.0.0, is that of the sources of any Istio.
        fs.mkdirSync(path.join(folder, "CHARTS"));
        fs.symlinkSync(istioAssets().charts.gateway, path.join(folder, "CHARTS/gateway"));
        process.chdir(folder);
    });

    after(() => {
        process.chdir(cwd);
        fs.rmSync(folder, { recursive: true });
    });

    describe("without a cluster", () => {
        let provider: TestProvider;

        before(async () => {
            // What Check and Diff answer must not hang on one.
            provider = await TestProvider.start({ kubeconfig: path.join(folder, "none") });
        });

        after(() => provider.stop());

        for (const { name, calls } of recorded) {
            const of = (method: string): Recorded[] => calls.filter((one) => one.method === method);

            it(`checks as it does: ${name}, ${of("Check").length} calls`, async () => {
                for (const { request, response } of of("Check"))
                    assert.deepEqual(await provider.check(request), response, stringAt(request, "urn"));
            });

            it(`finds the same differences: ${name}, ${of("Diff").length} calls`, async () => {
                for (const { request, response } of of("Diff"))
                    assert.deepEqual(await provider.diff(request), response, stringAt(request, "urn"));
            });
        }
    });

    /**
     * All calls that make, change, read and delete something, previews too, one after the other as they were recorded, in a cluster
     * that goes through the same. Helm is the real one, and so is the chart.
     */
    describe("with a cluster", function () {
        this.timeout(600_000).bail(true);
        let cluster: TestCluster;
        let provider: TestProvider;
        let stopNode: (() => Promise<void>) | undefined;
        const names = new Names();
        /** The state that a failed call left behind, by URN: recorded is only what the engine gave back in the next call. */
        const left = new Map<string, Properties>();

        before(async function () {
            // Recorded was 4.32; the one that builds is older, and creates otherwise.
            if (usesBuiltKubernetes()) this.skip();
            process.env.UPSHIFT_HELM ??= toolPath("helm");
            cluster = await startCluster(defineMeshKinds);
            stopNode = await playNode(cluster, recordedNamespace(recorded), ["local/demo:1", "auto"]);
            provider = await TestProvider.start({ kubeconfig: cluster.kubeconfig });
        });

        after(async () => {
            provider?.stop();
            try {
                await stopNode?.();
            } finally {
                await cluster?.stop();
            }
        });

        for (const { name, calls, reasons } of recorded) {
            const methods = ["Create", "Update", "Read", "Delete"];
            const replayed = calls.filter(({ method }) => methods.includes(method));
            if (!replayed.length) continue;

            it(`answers the same, and fails the same: ${name}, ${replayed.length} calls`, async () => {
                await editsOfOthers(recorded, cluster.request)[name.slice(0, 2)]?.();
                for (const one of replayed) {
                    const urn = stringAt(one.request, "urn");
                    const request = names.translate(one.request);
                    const [before, olds] = [left.get(urn), request.olds ?? request.properties];
                    if (before) assert.deepEqual(withoutServerSet(before), withoutServerSet(olds as Properties), urn);
                    left.delete(urn);
                    // What fails by waiting fails the same after five seconds.
                    const timeout = one.errors ? 5 : (request.timeout ?? 0);
                    const answer = await ask(provider, { ...one, request: { ...request, timeout } });
                    if (answer.left && !request.preview) left.set(urn, answer.left);
                    names.learn(objectAt(one.response, "properties"), objectAt(answer.response, "properties"));
                    const expected = names.translate(recordedAnswer(one, reasons));
                    assert.deepEqual(comparable(answer), comparable(expected), `${one.method} ${urn}`);
                    // The answer to a deletion says nothing.
                    if (one.method === "Delete") assert.equal((await provider.read(request)).id, "", `${urn} is left`);
                }
            });
        }
    });
});

/** What a call answered, or how it failed. */
interface Answer {
    response?: Properties;
    error?: string | undefined;
    /** What the CLI shows of a failure. */
    reasons?: readonly string[];
    /** The state that a failure leaves behind. */
    left?: Properties | undefined;
}

async function ask(provider: TestProvider, { method, request }: Recorded): Promise<Answer> {
    try {
        return { response: await respond(provider, method, request) };
    } catch (error) {
        if (!(error instanceof CallError)) throw error;
        return { error: error.message, reasons: error.partial?.reasons ?? [], left: error.partial?.properties };
    }
}

async function respond(provider: TestProvider, method: string, request: Properties): Promise<Properties> {
    if (method === "Create") return provider.create(request);
    if (method === "Update") return provider.update(request);
    if (method === "Read") return provider.read(request);
    await provider.delete(request);
    return {};
}

function recordedAnswer({ response, errors }: Recorded, reasons: readonly string[]): Answer {
    const [error] = errors ?? [];
    return error === undefined
        ? { response: response ?? {} }
        : { error: error.replace("rpc error: code = Unknown desc = ", ""), reasons: reasons.map(withExceptions) };
}

function withExceptions(reason: string): string {
    return exceptions.reduce((text, { of, adds }) => (of.test(text) ? text + adds : text), reason);
}

/** What has to be equal of two answers. Members of a response that are empty are not on the wire. */
function comparable({ response, error, reasons = [] }: Answer): Answer {
    if (!response) return { error, reasons: reasons.map(withoutPodNames) };
    const members = Object.entries(response).filter(([, value]) => value && Object.keys(value).length);
    return {
        response: mapObject(Object.fromEntries(members), (value, key) =>
            key === "properties" ? withoutServerSet(value as Properties) : value,
        ),
    };
}

function objectAt(value: Properties | undefined, member: string): Properties {
    return (value?.[member] ?? {}) as Properties;
}

import * as assert from "node:assert/strict";
import { normalize } from "../../../plugins/kubernetes/normalize";
import { unknown, type Properties } from "../../../plugins/kubernetes/values";

describe("normal inputs", () => {
    const normalTemplate = (spec: Properties): unknown =>
        (normalize({ apiVersion: "v1", kind: "Pod", spec }) as { spec: unknown }).spec;

    it("have no members that the API server would drop", () => {
        const spec = {
            hostNetwork: false,
            nodeSelector: {},
            containers: [{ name: "a", args: [], env: [{ name: "EMPTY", value: "" }], tty: false, workingDir: null }],
        };
        assert.deepEqual(normalTemplate(spec), { containers: [{ name: "a", env: [{ name: "EMPTY" }] }] });
    });

    it("keep what means something although it is empty, false or zero", () => {
        const spec = {
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 0,
            volumes: [{ name: "scratch", emptyDir: {} }],
            containers: [{ name: "a", securityContext: { readOnlyRootFilesystem: false } }],
        };
        assert.deepEqual(normalTemplate(spec), spec);
        const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", spec: { storageClassName: "" } };
        assert.deepEqual(normalize(claim), claim);
        const policy = {
            apiVersion: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            spec: { podSelector: {}, egress: [{}] },
        };
        assert.deepEqual(normalize(policy), policy);
    });

    it("leave alone what users name: labels, annotations, data, selectors", () => {
        const map = {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { labels: { value: "" } },
            data: { value: "", limits: "0.5" },
        };
        assert.deepEqual(normalize(map), map);
        const service = { apiVersion: "v1", kind: "Service", spec: { selector: { type: "" } } };
        assert.deepEqual(normalize(service), service);
    });

    it("write quantities canonically wherever they stand", () => {
        const resources = { requests: { cpu: "0.5", memory: "1024Mi" }, limits: { cpu: 2 } };
        assert.deepEqual(normalTemplate({ containers: [{ name: "a", resources }] }), {
            containers: [{ name: "a", resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "2" } } }],
        });
    });

    it("have a Secret's texts as data, over what data says", () => {
        const secret = { apiVersion: "v1", kind: "Secret", stringData: { a: "1" }, data: { a: "eA==", b: "eQ==\n" } };
        assert.deepEqual(normalize(secret), { apiVersion: "v1", kind: "Secret", data: { a: "MQ==", b: "eQ==" } });
    });

    it("are as they were for custom resources and for what is not known yet", () => {
        const custom = {
            apiVersion: "example.org/v1",
            kind: "Thing",
            spec: { list: [], hostNetwork: false, cpu: "0.5" },
        };
        assert.deepEqual(normalize(custom), custom);
        const open = { apiVersion: "v1", kind: "Secret", stringData: { a: unknown } };
        assert.deepEqual(normalize(open), open);
    });

    it("never hold what only the server sets", () => {
        const metadata = {
            name: "a",
            uid: "1",
            resourceVersion: "2",
            creationTimestamp: "now",
            managedFields: [{}],
            generation: 3,
        };
        assert.deepEqual(normalize({ apiVersion: "v1", kind: "ConfigMap", metadata }).metadata, { name: "a" });
    });
});

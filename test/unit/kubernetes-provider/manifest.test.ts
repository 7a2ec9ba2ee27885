import * as assert from "node:assert/strict";
import { resourceNames } from "../../../plugins/kubernetes/helm/manifest";

describe("the objects of a Helm release's manifest", () => {
    const names = async (...documents: string[]): Promise<Record<string, string[]>> =>
        resourceNames(documents.map((text) => `---\n# Source: a chart\n${text}\n`).join(""));
    const configMap = { "ConfigMap/v1": ["shop/a"] };

    it("are named by group, version and kind, each once, in the order of their names", async () => {
        const role = (name: string): string =>
            `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: ${name} }\nrules:\n- verbs: [get]`;
        assert.deepEqual(await names(role("b"), role("a"), "# nothing\n", role("b")), {
            "Role.rbac.authorization.k8s.io/rbac.authorization.k8s.io/v1": ["a", "b"],
        });
    });

    it("are taken from their own lines, whatever stands in the others", async () => {
        const text = [
            "data:",
            "  file: |",
            "    kind: Secret",
            "    metadata:",
            "      name: inner",
            "  quoted: 'kind: Secret",
            "",
            "    metadata: { name: x }'",
            "# kind: Secret",
            "metadata:",
            "  name: a",
            "# their place",
            "  namespace: shop",
            '"kind" : ConfigMap',
            "apiVersion: v1",
        ];
        assert.deepEqual(await names(text.join("\n")), configMap);
        assert.deepEqual(await names(text.join("\r\n")), configMap);
    });

    const forms: Record<string, string> = {
        "as JSON": '{\n"apiVersion": "v1", "kind": "ConfigMap",\n"metadata": {"name": "a", "namespace": "shop"}\n}',
        "indented as a whole": "  apiVersion: v1\n  kind: ConfigMap\n  metadata: { name: a, namespace: shop }",
        "with a reference to what is elsewhere":
            "data: { name: &name a }\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: *name, namespace: shop }",
        "behind a directive": "%YAML 1.2\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: shop }",
    };
    for (const [form, text] of Object.entries(forms))
        it(`are found ${form}`, async () => assert.deepEqual(await names(text), configMap));
});

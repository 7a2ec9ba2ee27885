import * as fs from "node:fs";
import * as path from "node:path";

/** A chart of one ConfigMap; a Deployment that never gets ready with `slow`; and none at all with `fail`. */
export function writeChart(folder: string, version: string): void {
    fs.mkdirSync(path.join(folder, "templates"), { recursive: true });
    fs.writeFileSync(
        path.join(folder, "Chart.yaml"),
        `apiVersion: v2\nname: greeting\nversion: ${version}\nappVersion: "7"\n`,
    );
    fs.writeFileSync(
        path.join(folder, "templates/all.yaml"),
        `{{ if .Values.fail }}{{ fail "this chart fails when asked to" }}{{ end }}
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-greeting }
data: { text: {{ .Values.text | quote }} }
{{ if .Values.slow }}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  selector: { matchLabels: { app: slow } }
  template: { metadata: { labels: { app: slow } }, spec: { containers: [{ name: main, image: "nowhere/none:1" }] } }
{{ end }}`,
    );
}

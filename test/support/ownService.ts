import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { clusterDown, clusterUp, readCluster } from "../../cluster/embedded/cluster";
import { importImages } from "../../cluster/embedded/images";
import { clusterDir, contextOf } from "../../cluster/embedded/layout";
import { buildArchive } from "../../cluster/images/archive";
import { hub, istioTag, reference } from "../../cluster/images/tag";
import type { ImageSpec } from "../../cluster/images/images";
import { projectRoot } from "../../cluster/paths";
import { toolPath } from "../../cluster/tools/tools";
import { countingAnnotations } from "../../components/mesh/proxies/statistics";
import { kubectl } from "./kubectl";
import { apply, istioOn } from "./mesh";
import { sandbox, type Sandbox } from "./pulumi";

/** The versions of the image that is not ours in shape. */
const versions = ["v1", "v2", "v3"];

/** Brings up a mesh that has the images `web:v1`, `web:v2` and `web:v3`: a static web server on port 3000 that says its version. */
export async function meshWithWeb(cluster: string): Promise<void> {
    await clusterUp(cluster, {}, () => undefined);
    await Promise.all([importWeb(cluster), istioOn(cluster)]);
}

/** Takes it away. */
export async function noMesh(cluster: string): Promise<void> {
    await clusterDown(cluster, { delete: true });
}

async function importWeb(cluster: string): Promise<void> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "web-image-"));
    try {
        const images = versions.map((version) => {
            const program = path.join(folder, `${version}.sh`);
            fs.writeFileSync(program, answerOf(version), { mode: 0o755 });
            return { image: web(version, program), archive: path.join(folder, `${version}.tar`) };
        });
        for (const { image, archive } of images) await buildArchive(image, archive);
        const pid = readCluster(cluster)?.pid;
        const ctr = ["nsenter", `--mount=/proc/${pid}/ns/mnt`, "--", toolPath("ctr")] as const;
        const archives = images.map(({ image, archive }) => ({ reference: reference(image), archive }));
        await importImages({ ctr, dir: clusterDir(cluster) }, archives);
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

/** Ends when it is told to, which busybox's server does not do as a container's first process. */
const serve = "trap 'kill $!' TERM; busybox httpd -f -p 3000 -h /www & wait";

/** What is asked at `/cgi-bin/answer`: v3 fails one of five requests. */
function answerOf(version: string): string {
    const good = `printf 'Content-Type: text/plain\\r\\n\\r\\n${version}\\n'`;
    const bad = "printf 'Status: 503 Busy\\r\\n\\r\\nbusy\\n'";
    const said = version === "v3" ? `if [ $((RANDOM % 5)) -eq 0 ]; then ${bad}; else ${good}; fi` : good;
    return `#!/bin/busybox sh\n${said}\n`;
}

function web(tag: string, program: string): ImageSpec {
    return {
        name: "web",
        tag,
        parts: [
            { to: "/bin/busybox", from: "/bin/busybox" },
            { to: "/www/index.html", text: `${tag}\n` },
            { to: "/www/cgi-bin/answer", from: program },
        ],
        entrypoint: ["/bin/busybox", "sh", "-c", serve],
        user: "65532:65532",
        env: { PATH: "/bin" },
    };
}

/** The image of a version. */
export const webImage = (version: string): string => `${hub}/web:${version}`;

/** A namespace with sidecars, or without. */
export function namespace(name: string, labels: Record<string, string> = { "istio-injection": "enabled" }): object {
    return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

/** A Service of somebody else's, as Helm or another stack has made it. */
export function foreignService(name: string, where: string, selector: object | undefined = { app: name }): object {
    return {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace: where },
        spec: { selector, ports: [{ name: "http", port: 80, targetPort: 3000 }] },
    };
}

/** A workload of somebody else's that runs the web server. */
export function foreignWorkload(
    kind: "Deployment" | "StatefulSet" | "DaemonSet",
    name: string,
    where: string,
    labels: Record<string, string>,
    version: string,
): object {
    const container = {
        name: "web",
        image: webImage(version),
        imagePullPolicy: "Never",
        ports: [{ containerPort: 3000 }],
        readinessProbe: { httpGet: { path: "/", port: 3000 }, periodSeconds: 1 },
        lifecycle: { preStop: { sleep: { seconds: 5 } } },
        resources: { requests: { cpu: "10m", memory: "8Mi" } },
    };
    return {
        apiVersion: "apps/v1",
        kind,
        metadata: { name, namespace: where },
        spec: {
            ...(kind !== "DaemonSet" && { replicas: 1 }),
            ...(kind === "StatefulSet" && { serviceName: name }),
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers: [container] } },
        },
    };
}

/** What callers got in a while. */
export interface Got {
    /** Answers by what they said. */
    readonly answers: Readonly<Record<string, number>>;
    readonly failed: number;
    readonly all: number;
}

/** A pod that asks a URL over and over through its proxy, each time over a new connection, and never twice for one answer. */
export class Caller {
    private seen = 0;

    private constructor(
        private readonly cluster: string,
        private readonly place: string,
        private readonly name: string,
    ) {}

    /** @param path what is asked of `http://<service>`. */
    static async start(cluster: string, place: string, service: string, path = "/"): Promise<Caller> {
        const name = `caller-of-${service}`;
        const one = `while true; do wget -q -O - http://${service}${path} 2>/dev/null || echo failed; sleep 0.05; done`;
        const pod = {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name, namespace: place, labels: { app: name }, annotations: countingAnnotations() },
            spec: {
                terminationGracePeriodSeconds: 1,
                securityContext: { runAsUser: 10001, runAsGroup: 10001 },
                containers: [
                    {
                        name: "main",
                        image: reference({ name: "proxyv2", tag: istioTag() }),
                        imagePullPolicy: "Never",
                        command: ["sh", "-c", `(${one}) & (${one}) & wait`],
                    },
                ],
            },
        };
        await apply(cluster, [pod]);
        await kubectl(cluster, ["wait", "-n", place, "--for=condition=Ready", `pod/${name}`, "--timeout=120s"]);
        return new Caller(cluster, place, name);
    }

    /** Forgets what was answered until now, such as before there was anybody to answer. */
    async begin(): Promise<void> {
        this.seen = (await this.lines()).length;
    }

    /** What was answered since it was last asked, once there are so many answers. */
    async got(atLeast: number): Promise<Got> {
        const deadline = Date.now() + 120_000;
        for (;;) {
            const lines = (await this.lines()).slice(this.seen);
            if (lines.length >= atLeast) {
                this.seen += lines.length;
                return counted(lines);
            }
            if (Date.now() > deadline)
                throw new Error(
                    `${this.name} got ${lines.length} of ${atLeast} answers in 120 s: ${lines.slice(-3).join(", ")}`,
                );
            await after(500);
        }
    }

    async stop(): Promise<void> {
        await kubectl(this.cluster, ["delete", "pod", "-n", this.place, this.name, "--wait=false"]);
    }

    private async lines(): Promise<string[]> {
        const text = await kubectl(this.cluster, ["logs", "-n", this.place, this.name, "-c", "main"]);
        // A line that is still being written is counted later.
        return text.split("\n").slice(0, -1);
    }
}

function counted(lines: readonly string[]): Got {
    const answers: Record<string, number> = {};
    for (const line of lines) if (line !== "failed") answers[line] = (answers[line] ?? 0) + 1;
    return { answers, failed: lines.filter((line) => line === "failed").length, all: lines.length };
}

/** A Pulumi project on the cluster with a program of one's own. */
export async function projectOn(
    cluster: string,
    program: string,
    config: Readonly<Record<string, string>>,
): Promise<Sandbox> {
    const paths = { upshift: [path.join(projectRoot(), "components/index.ts")] };
    const project = await sandbox({
        "index.ts": program,
        "tsconfig.json": JSON.stringify({ compilerOptions: { paths } }),
    });
    const all = {
        "kubernetes:kubeconfig": clusterDir(cluster, "kubeconfig"),
        "kubernetes:context": contextOf(cluster),
        ...config,
    };
    for (const [key, value] of Object.entries(all)) await project.succeed("config", "set", key, value);
    return project;
}

/** The program of an example. */
export function example(name: string): string {
    return fs.readFileSync(path.join(projectRoot(), "examples", name, "index.ts"), "utf8");
}

/** Sets the weights of an example's config, and applies them. @returns what Pulumi printed, and whether it went well */
export async function step(project: Sandbox, weights: Readonly<Record<string, number>>): ReturnType<Sandbox["pulumi"]> {
    for (const [version, weight] of Object.entries(weights))
        await project.succeed("config", "set", "--path", `weights.${version}`, String(weight));
    return project.pulumi("up", "--yes", "--skip-preview");
}

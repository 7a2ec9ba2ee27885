import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { clusterDown, clusterUp, readCluster } from "../../cluster/embedded/cluster";
import { importImages } from "../../cluster/embedded/images";
import { clusterDir, contextOf } from "../../cluster/embedded/layout";
import { buildArchive } from "../../cluster/images/archive";
import { hub, reference } from "../../cluster/images/tag";
import type { ImageSpec } from "../../cluster/images/images";
import { projectRoot } from "../../cluster/paths";
import { toolPath } from "../../cluster/tools/tools";
import { istioOn } from "./mesh";
import { sandbox, type Sandbox } from "./pulumi";

/** The versions of the image that is not ours in shape. */
const versions = ["v1", "v2", "v3", "v4"];

/** Brings up a mesh that has the images `web:v1` to `web:v4`: a static web server on port 3000 that says its version. */
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
            return web(version, program);
        });
        await importOn(cluster, images);
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

/** Builds images that no cluster has, and gives them to one that is up. */
export async function importOn(cluster: string, images: readonly ImageSpec[]): Promise<void> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "images-"));
    try {
        const archives = images.map((image, index) => ({
            image,
            reference: reference(image),
            archive: path.join(folder, `${index}.tar`),
        }));
        for (const { image, archive } of archives) await buildArchive(image, archive);
        const pid = readCluster(cluster)?.pid;
        const ctr = ["nsenter", `--mount=/proc/${pid}/ns/mnt`, "--", toolPath("ctr")] as const;
        await importImages({ ctr, dir: clusterDir(cluster) }, archives);
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

/** Ends when it is told to, which busybox's server does not do as a container's first process. */
const serve = "trap 'kill $!' TERM; busybox httpd -f -p 3000 -h /www & wait";

/** What is asked at `/cgi-bin/answer`: v3 fails one of five requests, v4 one of twenty. */
function answerOf(version: string): string {
    const good = `printf 'Content-Type: text/plain\\r\\n\\r\\n${version}\\n'`;
    const bad = "printf 'Status: 503 Busy\\r\\n\\r\\nbusy\\n'";
    const oneOf = { v3: 5, v4: 20 }[version];
    const said = oneOf === undefined ? good : `if [ $((RANDOM % ${oneOf})) -eq 0 ]; then ${bad}; else ${good}; fi`;
    return `#!/bin/busybox sh\n${said}\n`;
}

function web(tag: string, program: string): ImageSpec {
    return cgiImage("web", tag, { answer: program });
}

/**
 * An image with a web server on port 3000, whose first page is its tag.
 *
 * @param programs the files of what answers at `/cgi-bin/NAME`, by that name.
 */
export function cgiImage(name: string, tag: string, programs: Readonly<Record<string, string>>): ImageSpec {
    return {
        name,
        tag,
        parts: [
            { to: "/bin/busybox", from: "/bin/busybox" },
            { to: "/www/index.html", text: `${tag}\n` },
            ...Object.entries(programs).map(([path, from]) => ({ to: `/www/cgi-bin/${path}`, from })),
        ],
        entrypoint: ["/bin/busybox", "sh", "-c", serve],
        user: "65532:65532",
        env: { PATH: "/bin" },
    };
}

/** The image of a version. */
export const webImage = (version: string): string => `${hub}/web:${version}`;

/** A program with the service `web` and its split, in versions that run these images; its weights and stable come from the config. */
export function releasedProgram(images: Readonly<Record<string, string>>): string {
    const versions = Object.entries(images).map(([name, tag]) => ({ name, image: webImage(tag), replicas: 1 }));
    return `
import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit, VersionedService } from "upshift";
const config = new pulumi.Config();
const web = new VersionedService("web", {
    namespace: "own",
    versions: ${JSON.stringify(versions)},
    ports: [{ name: "http", number: 3000 }],
    longestRequestSeconds: 5,
});
new TrafficSplit(
    "web",
    {
        namespace: "own",
        versions: web.versions,
        weights: config.requireObject<Record<string, Record<string, number>>>("weights").web!,
        step: { stable: config.getObject<Record<string, string>>("stable")?.web, limits: { maxRaise: 50 } },
    },
    { dependsOn: web },
);
`;
}

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

/** A Pulumi project on the cluster with a program of one's own, and its other files. */
export async function projectOn(
    cluster: string,
    program: string,
    config: Readonly<Record<string, string>>,
    others: Readonly<Record<string, string>> = {},
): Promise<Sandbox> {
    const paths = { upshift: [path.join(projectRoot(), "components/index.ts")] };
    const project = await sandbox({
        ...others,
        "index.ts": program,
        "tsconfig.json": JSON.stringify({ compilerOptions: { paths } }),
    });
    return configured(cluster, project, config);
}

/** The same for a program in YAML: the text of its Pulumi.yaml, whose paths are seen from the examples' folders. */
export async function yamlProjectOn(
    cluster: string,
    program: string,
    config: Readonly<Record<string, string>>,
): Promise<Sandbox> {
    const project = await sandbox({ "Pulumi.yaml": program.replaceAll("../../", `${projectRoot()}/`) });
    return configured(cluster, project, config);
}

async function configured(
    cluster: string,
    project: Sandbox,
    config: Readonly<Record<string, string>>,
): Promise<Sandbox> {
    const all = {
        "kubernetes:kubeconfig": clusterDir(cluster, "kubeconfig"),
        "kubernetes:context": contextOf(cluster),
        ...config,
    };
    for (const [key, value] of Object.entries(all)) await project.succeed("config", "set", key, value);
    return project;
}

/** The program of an example, or another file of it. */
export function example(name: string, file = "index.ts"): string {
    return fs.readFileSync(path.join(projectRoot(), "examples", name, file), "utf8");
}

/** Sets the keys of a map in a project's config, such as those of `release.web`. */
export async function setKeys(
    project: Sandbox,
    map: string,
    values: Readonly<Record<string, string | number>>,
): Promise<void> {
    for (const [key, value] of Object.entries(values))
        await project.succeed("config", "set", "--path", `${map}.${key}`, String(value));
}

/** The weights of a project's config, of all its services. */
export async function weightsOf(project: Sandbox): Promise<unknown> {
    const { value } = JSON.parse(await project.succeed("config", "get", "weights", "--json")) as { value: string };
    return JSON.parse(value);
}

/** Sets the weights of an example's config, and applies them. @returns what Pulumi printed, and whether it went well */
export async function step(project: Sandbox, weights: Readonly<Record<string, number>>): ReturnType<Sandbox["pulumi"]> {
    await setKeys(project, "weights", weights);
    return project.pulumi("up", "--yes", "--skip-preview");
}

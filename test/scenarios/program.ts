import { hub } from "../../cluster/images/tag";
import type { ImageSpec } from "../../cluster/images/images";
import { webImage } from "../support/ownService";

/** Where the service is, and who asks it. */
export const place = "own";
export const callerPod = `${place}/asker`;

/**
 * The program that is played: the service `web`, all of it by the config keys of docs/config.md. A version that `images` names gets a
 * Deployment and a subset; `deadline` is how long its pods may take.
 */
export const program = `
import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit, VersionedService } from "upshift";
const config = new pulumi.Config();
const own = <T>(key: string): T | undefined => config.getObject<Record<string, T>>(key)?.web;
const images = own<Record<string, string>>("images") ?? {};
const replicas = own<Record<string, number>>("replicas") ?? {};
const header = config.getObject<{ name: string; to?: string }>("canaryHeader");
const stable = own<string>("stable");
const deadline = config.get("deadline") ?? "300s";
const customTimeouts = { create: deadline, update: deadline };
const web = new VersionedService(
    "web",
    {
        namespace: "${place}",
        versions: Object.keys(images)
            .sort()
            .map((name) => ({ name, image: "${hub}/web:" + images[name], replicas: replicas[name] ?? 1 })),
        ports: [{ name: "http", number: 3000 }],
        resources: { requests: { cpu: "10m", memory: "16Mi" } },
        longestRequestSeconds: 5,
        stable,
    },
    {
        transformations: [
            ({ type, props, opts }) =>
                type === "kubernetes:apps/v1:Deployment" ? { props, opts: { ...opts, customTimeouts } } : undefined,
        ],
    },
);
new TrafficSplit(
    "web",
    {
        namespace: "${place}",
        versions: web.versions,
        weights: own<Record<string, number>>("weights")!,
        canaryHeader: header?.to ? header : undefined,
        routing: own<object>("routing"),
        step: {
            stable,
            limits: config.getObject("limits"),
            blueGreen: own<string>("blueGreen"),
            inPlace: own<string>("inPlace"),
        },
    },
    { dependsOn: web },
);
`;

/** The config with which every scenario begins, all users on one of two versions. @param old who has them */
export function usualConfig(old: string): Record<string, unknown> {
    const two = ["v1", "v2"];
    return {
        weights: { web: Object.fromEntries(two.map((version) => [version, version === old ? 100 : 0])) },
        stable: { web: old },
        images: { web: Object.fromEntries(two.map((version) => [version, version])) },
        limits: { maxRaise: 50, maxRaiseTogether: 100 },
        // Enough for a gate of a hundred requests a second to say something soon: no figures of a real release.
        release: { web: { bake: "1s", gate: { ceiling: "0.1", minRequests: 30, latency: false } } },
    };
}

/** Images whose program is not in them, so that no container of theirs starts. */
export const badImages: readonly ImageSpec[] = ["bad", "bad-too"].map((tag) => ({
    name: "web",
    tag,
    parts: [{ to: "/bin/busybox", from: "/bin/busybox" }],
    entrypoint: [`/${tag}-command`],
    user: "65532:65532",
}));

/** Jobs that releases ask, by the file's name. Their pods have no proxy, which would outlive them. */
export const jobFiles: Readonly<Record<string, string>> = {
    "job-fails.yaml": job({ args: ["echo the queue grows; exit 1"] }),
    "job-without-image.yaml": job({ image: `${hub}/not-there:1`, args: ["exit 0"] }),
    "job-too-long.yaml": job({ args: ["sleep 600"], deadline: 3 }),
};

function job({
    image = webImage("v1"),
    args,
    deadline,
}: {
    readonly image?: string;
    readonly args: readonly string[];
    readonly deadline?: number;
}): string {
    const container = {
        name: "check",
        image,
        imagePullPolicy: "Never",
        command: ["/bin/busybox", "sh", "-c", ...args],
    };
    return JSON.stringify({
        apiVersion: "batch/v1",
        kind: "Job",
        spec: {
            backoffLimit: 0,
            ...(deadline !== undefined && { activeDeadlineSeconds: deadline }),
            template: {
                metadata: { labels: { "sidecar.istio.io/inject": "false" } },
                spec: { restartPolicy: "Never", terminationGracePeriodSeconds: 1, containers: [container] },
            },
        },
    });
}

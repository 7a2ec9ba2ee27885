import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../traffic/split/problem";

/** A place for files: room that goes with the pod, or a claim of the same namespace. */
export interface VolumeArgs {
    /** Where the container has it. */
    mountPath: string;
    /** The PersistentVolumeClaim that it is. Default: none, it is empty with each new pod. */
    claim?: pulumi.Input<string>;
    /** How much room there is, where it is no claim: `64Mi`. Default: what the node has. */
    sizeLimit?: string;
    /** Whether the container may only read it. Default false. */
    readOnly?: boolean;
}

/** Volumes and where they are mounted. */
export function volumeParts(volumes: readonly VolumeArgs[]): {
    volumes: k8s.types.input.core.v1.Volume[];
    volumeMounts: k8s.types.input.core.v1.VolumeMount[];
} {
    return {
        volumes: volumes.map(({ mountPath, claim, sizeLimit, readOnly }) => ({
            name: mountName(mountPath),
            ...(claim === undefined
                ? { emptyDir: sizeLimit === undefined ? {} : { sizeLimit } }
                : { persistentVolumeClaim: { claimName: claim, readOnly } }),
        })),
        volumeMounts: volumes.map(({ mountPath, readOnly }) => ({ name: mountName(mountPath), mountPath, readOnly })),
    };
}

/** The name of the volume that is mounted somewhere: `/etc/web` is `etc-web`. */
export function mountName(mountPath: string): string {
    return mountPath
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-|-$/g, "");
}

/** @param paths where anything is mounted, each with the place that says so. */
export function mountProblems(paths: readonly (readonly [at: string, mountPath: string])[]): Problem[] {
    return paths.flatMap(([at, mountPath], index): Problem[] => {
        if (!mountPath.startsWith("/") || mountName(mountPath) === "")
            return [{ at, message: `${JSON.stringify(mountPath)} is no folder below /`, fix: "begin it with a slash" }];
        const other = paths.slice(0, index).find(([, one]) => mountName(one) === mountName(mountPath));
        const message = `${mountPath} is taken by ${other?.[0] ?? ""}`;
        return other ? [{ at, message, fix: "give each a folder of its own" }] : [];
    });
}

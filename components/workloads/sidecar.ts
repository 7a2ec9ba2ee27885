/** The label that keeps the mesh's proxy out of a pod, whatever its namespace says. */
export const withoutSidecar = { "sidecar.istio.io/inject": "false" } as const;

/** The label by which a pod has the mesh's proxy or not; none where the namespace decides. */
export function sidecarLabel(sidecar: boolean | undefined): Record<string, string> {
    return sidecar === undefined ? {} : { "sidecar.istio.io/inject": String(sidecar) };
}

/** The annotation by which a pod's proxy starts before its container and ends after it; none where the mesh decides. */
export function ownSidecarFirst({
    sidecar = true,
    nativeSidecar = true,
}: {
    readonly sidecar?: boolean;
    readonly nativeSidecar?: boolean;
}): Record<string, string> {
    return sidecar && nativeSidecar ? { "sidecar.istio.io/nativeSidecar": "true" } : {};
}

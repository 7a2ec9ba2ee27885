/** Where a cluster can be. */
export const targetNames = ["k3d", "minikube", "context", "embedded"] as const;

/** Where the cluster is, as config and flags say it; `auto`: where this checkout's cluster is. */
export const targets = ["auto", ...targetNames] as const;
export type TargetName = (typeof targets)[number];

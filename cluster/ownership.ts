/**
 * The mark of what upshift has made, so that it never stops or deletes what another made: a Docker label on k3d's nodes,
 * a node label on minikube's, a label on the namespaces of the mesh.
 */
export const ownerLabel = { key: "upshift.dev/owner", value: "upshift" } as const;

/** The same as `key=value`, as programs take it. */
export const ownerMark = `${ownerLabel.key}=${ownerLabel.value}`;

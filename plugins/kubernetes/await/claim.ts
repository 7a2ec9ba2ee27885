import { stringAt } from "../objects";
import type { Readiness } from "./observe";

/**
 * A PersistentVolumeClaim is ready when it is bound. Where its class binds it to a volume only when a pod wants it
 * (`WaitForFirstConsumer`), it is ready before that, for the pod may well come after it.
 */
export const claimReadiness: Readiness = {
    sources: (claim) => {
        const name = stringAt(claim, "spec", "storageClassName");
        // Without the right to read classes it is still known when a claim is bound.
        return name
            ? [{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", namespace: "", name, mayBeDenied: true }]
            : [];
    },
    judge: ({ object, related: [classes = []] }) => {
        const phase = stringAt(object, "status", "phase");
        const isForLater = stringAt(classes[0], "volumeBindingMode") === "WaitForFirstConsumer";
        const message = "Waiting for PersistentVolumeClaim to be bound";
        return {
            isReady: phase === "Bound" || (isForLater && phase === "Pending"),
            progress: { message },
            reasons: [`${message}: it is ${phase || "new"}`],
        };
    },
};

import { objectsAt } from "../objects";
import type { Readiness } from "./observe";

/** An Ingress is ready when whoever serves it has given it an address. Where nobody does, `pulumi.com/skipAwait` says so. */
export const ingressReadiness: Readiness = {
    sources: () => [],
    judge: ({ object }) =>
        objectsAt(object, "status", "loadBalancer", "ingress").length > 0
            ? { isReady: true, progress: { message: "Ingress initialization complete" }, reasons: [] }
            : {
                  isReady: false,
                  progress: { message: "Waiting for update of .status.loadBalancer with hostname/IP" },
                  reasons: ["Ingress .status.loadBalancer field was not updated with a hostname/IP address"],
              },
};

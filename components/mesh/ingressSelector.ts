import * as pulumi from "@pulumi/pulumi";
import { stackLabel, stackName } from "./ownership";

/**
 * The label by which Gateways and token checks find the ingress pods of this stack, and no other's: `istio: ingressgateway` is on
 * everybody's.
 */
export function ingressSelector(): Record<string, string> {
    return { [stackLabel]: stackName(pulumi.getProject(), pulumi.getStack()) };
}

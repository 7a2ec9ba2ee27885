import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { TrafficLimits } from "../split/TrafficSplit";
import { type Rule, stepRules } from "./stepRules";

/** The arguments of a StepAdmission. */
export interface StepAdmissionArgs {
    /** The namespace whose VirtualServices are guarded. */
    namespace: pulumi.Input<string>;
    /**
     * The stable version of every guarded service: moves towards it are never limited. Where the VirtualService itself has the
     * annotation `upshift.dev/stable`, as ours have, that is the measure, as it was applied before.
     */
    stable: Record<string, string>;
    /** How far one write may go, where the VirtualService's annotations do not say it. */
    limits?: TrafficLimits;
}

/**
 * The same limits in the API server: a VirtualService that is changed with kubectl, or by whatever else, may not raise a version
 * further than an `up` may. Whoever must go further says why in the annotation `upshift.dev/break-glass`, in the same request: it is
 * let through with a warning, and noted in the API server's audit log, where there is one.
 *
 * It sees one VirtualService at a time, and its updates alone: neither pods, nor several services added up, nor a second
 * VirtualService for the same host, nor that one is deleted. Whose pods have which labels it can't see either, so that a rule by
 * source labels counts as one for users. A change of the arguments takes the API server some seconds to know.
 *
 * ```ts
 * new StepAdmission("shop", { namespace: "shop", stable: { review: "v1" }, limits: { maxRaise: 25 } });
 * ```
 */
export class StepAdmission extends pulumi.ComponentResource {
    /** @param name The _unique_ name of the resource, and the beginning of the policies' names, which are cluster-wide. */
    constructor(name: string, args: StepAdmissionArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:StepAdmission", name, args, opts);
        const { maxRaise, maxRaiseTogether } = args.limits ?? {};
        const { refusals, warnings, ...shared } = stepRules({ maxRaise, maxRaiseTogether, stable: args.stable });
        const guard = (suffix: string, validations: Rule[], validationActions: string[]): void => {
            const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
                `${name}-${suffix}`,
                {
                    metadata: { name: `${name}-${suffix}` },
                    spec: { failurePolicy: "Fail", matchConstraints: updatesOfRoutes, ...shared, validations },
                },
                { parent: this },
            );
            new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
                `${name}-${suffix}`,
                {
                    metadata: { name: `${name}-${suffix}` },
                    spec: {
                        policyName: policy.metadata.name,
                        validationActions,
                        matchResources: {
                            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": args.namespace } },
                        },
                    },
                },
                { parent: this },
            );
        };
        guard("step-size", refusals, ["Deny", "Audit"]);
        guard("break-glass", warnings, ["Warn", "Audit"]);
        this.registerOutputs({});
    }
}

/** Every version of the kind: the API server converts a request to the one named here. */
const updatesOfRoutes = {
    matchPolicy: "Equivalent",
    resourceRules: [
        {
            apiGroups: ["networking.istio.io"],
            apiVersions: ["v1"],
            operations: ["UPDATE"],
            resources: ["virtualservices"],
        },
    ],
};

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Stage } from "../../components/traffic/split/pairs";
import { disruptionBudget, httpService, rollingDeployment } from "../../components/workloads/rolling";
import { defaultWaitSeconds } from "../../components/split/meshAccess";
import { proposalOf } from "../../components/split/plainInputs";
import { RunHooks } from "../../components/split/runHooks";
import { annotationsFor } from "../../components/traffic/world/marks";
import type { PairArgs } from "./args";
import { demoPods } from "../demoPods";
import { backendOf } from "./Backends";

/** The arguments of Frontends. */
export interface FrontendsArgs {
    namespace: string;
    stage: Stage;
    /** The pair that they belong to: image, version and the backends that they call all come from it. */
    pair: PairArgs;
    /** The service account of the pair's frontends. */
    account: pulumi.Input<string>;
    replicas: number;
    minReadySeconds: number;
    /** What must have happened before the pods change. */
    after: pulumi.Output<pulumi.Resource[]>;
    /** What they are judged and taken away with. */
    group?: string | undefined;
    /** Whether an unsafe change is refused. Default true. */
    guard?: boolean | undefined;
}

/**
 * The frontends of one stage: a Service and a Deployment `frontend-<stage>`. It goes from one version to the next by a rolling
 * update, in which each pod has image and backend of one pair: there is no moment with one of each.
 */
export class Frontends extends pulumi.ComponentResource {
    readonly deployment: k8s.apps.v1.Deployment;

    /** @param name The _unique_ name of the resource, and of the Service and Deployment. */
    constructor(name: string, args: FrontendsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Frontends", name, {}, opts);
        const child = { parent: this };
        const { namespace, stage, pair, account, replicas, minReadySeconds } = args;
        const selector = { app: "frontend", "deploy-stage": stage };
        const service = new k8s.core.v1.Service(
            name,
            httpService(namespace, name, selector, annotationsFor({ group: args.group })),
            child,
        );
        const rolling = {
            namespace,
            name,
            selector,
            labels: { version: pair.version, pair: pair.name },
            replicas,
            minReadySeconds,
            maxSurge: "25%",
            pod: {
                ...demoPods({ BACKEND: `http://${backendOf(pair.name)}` }),
                name: "frontend",
                serviceAccount: account,
                image: pair.frontendImage,
                args: ["frontend"],
            },
        };
        const hooks = RunHooks.current();
        const { guard = true } = args;
        const watched = { service: "frontend", namespace, waitSeconds: defaultWaitSeconds, guard };
        const deployment = rollingDeployment(rolling, this);
        hooks?.propose([proposalOf("Deployment", deployment)]);
        this.deployment = new k8s.apps.v1.Deployment(name, deployment, {
            ...child,
            ...(hooks && { hooks: hooks.ofPods(name, this, watched) }),
            dependsOn: args.after.apply((after) => [service, ...after]),
        });
        new k8s.policy.v1.PodDisruptionBudget(name, disruptionBudget(rolling), child);
        this.registerOutputs({});
    }
}

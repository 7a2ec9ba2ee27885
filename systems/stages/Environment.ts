import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { meshNamespace } from "../../components/mesh/namespace";
import { proposalOf } from "../../components/split/plainInputs";
import { RunHooks } from "../../components/split/runHooks";
import { annotationsFor } from "../../components/traffic/world/marks";
import { demoPods, foreignPods } from "../demoPods";
import { disruptionBudget, httpService, rollingDeployment } from "../../components/workloads/rolling";

/** The name of the application's Service and Deployment, the same in every environment. */
export const flaskapp = "flaskapp";

/** The arguments of an Environment. */
export interface EnvironmentArgs {
    /** The image that runs here. */
    image: pulumi.Input<string>;
    /** Pods. Default 1. */
    replicas?: number;
    /** The port of an image that is not ours, and that knows nothing of our arguments and checks. Default: it is ours. */
    port?: number | undefined;
    /** What it is judged and taken away with. */
    group?: string | undefined;
    /** Whether an unsafe change is refused. Default true. */
    guard?: boolean | undefined;
}

/**
 * One place where the application runs, with all that the mesh asks for: a namespace with sidecars, and in it the
 * Service and the Deployment `flaskapp`. Another image is a rolling update of it.
 */
export class Environment extends pulumi.ComponentResource {
    /** The namespace's name. */
    readonly namespace: pulumi.Output<string>;

    /** @param name The _unique_ name of the resource, and of the namespace: `prod`, `stage`. */
    constructor(name: string, args: EnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Environment", name, {}, opts);
        const child = { parent: this };
        const namespace = meshNamespace(name, child);
        this.namespace = namespace;
        // The pods keep the environment's name whatever their image: it is what weights and measurements speak of.
        const selector = { app: flaskapp, version: name };
        const { image, replicas = 1, port } = args;
        const ours = { ...demoPods({ SERVED_AS: name }), args: ["demoapp"] };
        const pod = { name: flaskapp, image, ...(port ? foreignPods(port) : ours) };
        const rolling = { namespace, name: flaskapp, selector, replicas, pod };
        const account = new k8s.core.v1.ServiceAccount(
            `${flaskapp}-${name}`,
            { metadata: { namespace, name: flaskapp }, automountServiceAccountToken: false },
            child,
        );
        const service = new k8s.core.v1.Service(
            `${flaskapp}-${name}`,
            httpService(namespace, flaskapp, { app: flaskapp }, annotationsFor({ group: args.group })),
            child,
        );
        const deployment = rollingDeployment(rolling, this);
        const hooks = RunHooks.current();
        hooks?.propose([proposalOf("Deployment", deployment)]);
        const watched = { service: "demoapp", namespace, guard: args.guard ?? true };
        new k8s.apps.v1.Deployment(`${flaskapp}-${name}`, deployment, {
            ...child,
            dependsOn: [account, service],
            ...(hooks && { hooks: hooks.ofPods(`${flaskapp}-${name}`, this, watched) }),
        });
        new k8s.policy.v1.PodDisruptionBudget(`${flaskapp}-${name}`, disruptionBudget(rolling), child);
        this.registerOutputs({ namespace });
    }
}

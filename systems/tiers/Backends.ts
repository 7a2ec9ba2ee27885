import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { disruptionBudget, httpService, rollingDeployment } from "../../components/workloads/rolling";
import { defaultWaitSeconds } from "../../components/split/meshAccess";
import { proposalOf } from "../../components/split/plainInputs";
import { RunHooks } from "../../components/split/runHooks";
import { annotationsFor } from "../../components/traffic/world/marks";
import { demoPods } from "../demoPods";
import type { PairArgs } from "./args";

/** The name of a pair's backends, and of their Service. */
export function backendOf(pair: string): string {
    return `backend-${pair}`;
}

/** The service account that a pair's frontends run as, and by which its backends know them. */
export function frontendAccount(pair: string): string {
    return `frontend-${pair}`;
}

/** The arguments of Backends. */
export interface BackendsArgs {
    namespace: string;
    pair: PairArgs;
    /** What must have happened before the pods change. */
    after: pulumi.Output<pulumi.Resource[]>;
    /** What they are judged and taken away with. */
    group?: string | undefined;
    /** Whether an unsafe change is refused. Default true. */
    guard?: boolean | undefined;
}

/**
 * The backends of one pair: a Service and a Deployment `backend-<pair>` of their own, so that no other pair's frontends are led
 * here; and what lets nobody else in who came all the same: the mesh asks for the service account of the pair's frontends, the
 * backend for their version.
 */
export class Backends extends pulumi.ComponentResource {
    readonly deployment: k8s.apps.v1.Deployment;

    /** @param name The _unique_ name of the resource, and of the Service and Deployment. */
    constructor(name: string, args: BackendsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Backends", name, {}, opts);
        const child = { parent: this };
        const { namespace, pair } = args;
        const { version, accepts } = pair.compatibleBackend ?? { version: pair.version, accepts: [pair.version] };
        const selector = { app: "backend", pair: pair.name };
        const metadata = { namespace, name, labels: selector };
        const account = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, child);
        const service = new k8s.core.v1.Service(
            name,
            httpService(namespace, name, selector, annotationsFor({ group: args.group })),
            child,
        );
        const callers = istio(
            "AuthorizationPolicy",
            "security.istio.io/v1",
            name,
            metadata,
            callersOf(pair, args),
            child,
        );
        const routes = istio("VirtualService", "networking.istio.io/v1", name, metadata, onceTo(name), child);
        const rolling = {
            namespace,
            name,
            selector,
            labels: { version },
            replicas: pair.backendReplicas ?? 5,
            maxSurge: "25%",
            pod: {
                ...demoPods({ ACCEPTS: accepts.join(",") }),
                name: "backend",
                serviceAccount: account.metadata.name,
                image: pair.backendImage,
                args: ["backend"],
            },
        };
        const hooks = RunHooks.current();
        const { guard = true } = args;
        const watched = { service: "backend", namespace, waitSeconds: defaultWaitSeconds, guard };
        const deployment = rollingDeployment(rolling, this);
        hooks?.propose([proposalOf("Deployment", deployment)]);
        this.deployment = new k8s.apps.v1.Deployment(name, deployment, {
            ...child,
            ...(hooks && { hooks: hooks.ofPods(name, this, watched) }),
            dependsOn: args.after.apply((after) => [service, callers, routes, ...after]),
        });
        new k8s.policy.v1.PodDisruptionBudget(name, disruptionBudget(rolling), child);
        this.registerOutputs({});
    }
}

function callersOf({ name }: PairArgs, { namespace }: BackendsArgs): object {
    return {
        selector: { matchLabels: { app: "backend", pair: name } },
        action: "ALLOW",
        rules: [{ from: [{ source: { principals: [`*/ns/${namespace}/sa/${frontendAccount(name)}`] } }] }],
    };
}

/** The mesh would try a failed call again by itself; a failure is to be seen. */
function onceTo(host: string): object {
    return { hosts: [host], http: [{ name: "once", route: [{ destination: { host } }], retries: { attempts: 0 } }] };
}

function istio(
    kind: string,
    apiVersion: string,
    name: string,
    metadata: object,
    spec: object,
    opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
    const suffix = kind === "VirtualService" ? "vs" : "callers";
    return new k8s.apiextensions.CustomResource(
        `${name}-${suffix}`,
        { apiVersion, kind, metadata: { ...metadata, name: `${name}-${suffix}` }, spec },
        opts,
    );
}

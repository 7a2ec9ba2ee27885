import type { Problem } from "../../components/traffic/split/problem";
import { placed, type Placed } from "../../components/traffic/world/objects";
import { bodiesAt, type Body, bodyAt, mapAt, numberAt, textAt, valueAt } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { type Conversion, type Converted, type LeftOut, refused } from "./adoption";
import { describeSource, type Source } from "./source";
import { fromVirtualService } from "./virtualService";

/** The label by which Argo tells the pods of a Rollout's versions apart. */
const hashLabel = "rollouts-pod-template-hash";

/**
 * The TrafficSplit that takes over from an Argo Rollout: its VirtualService and DestinationRule as they stand, and a Deployment for
 * each ReplicaSet that serves, which has no owner once the Rollout is gone.
 */
export function fromRollout(source: Source, rollout: Body, replicaSets: readonly Body[], world: World): Conversion {
    const { namespace, name } = source;
    const at = `${describeSource(source)}: spec`;
    const canary = bodyAt(rollout, "spec", "strategy", "canary");
    const istio = bodyAt(canary, "trafficRouting", "istio");
    const named = [bodyAt(istio, "virtualService"), ...bodiesAt(istio, "virtualServices")].filter(({ name }) => name);
    const shape = shapeProblems(at, rollout, named.length);
    if (shape.length > 0) return refused(...shape);
    const routesName = textAt(named[0], "name") ?? "";
    const routes = world.objects.find(
        (one) => one.kind === "VirtualService" && one.namespace === namespace && one.name === routesName,
    );
    if (!routes)
        return refused({
            at: `${at}.strategy.canary.trafficRouting.istio.virtualService`,
            message: `names ${routesName}, which is not there`,
            fix: `kubectl -n ${namespace} get virtualservices`,
        });
    const serving = replicaSets.filter((one) => isOf(one, name) && (numberAt(one, "spec", "replicas") ?? 0) > 0);
    const unready = serving.filter(
        (one) => (numberAt(one, "status", "readyReplicas") ?? 0) < (numberAt(one, "spec", "replicas") ?? 0),
    );
    if (serving.length === 0 || unready.length > 0)
        return refused({
            at: `${describeSource(source)}: pods`,
            message:
                serving.length === 0
                    ? "none of its ReplicaSets has pods, and so there is nobody to take over from"
                    : `not all pods of ${unready.map((one) => textAt(one, "metadata", "name")).join(", ")} are ready: it is in the middle of a change`,
            fix: `wait until it rests, or pauses: kubectl argo rollouts -n ${namespace} status ${name}`,
        });
    const { converted, problems } = fromVirtualService(routes, world);
    if (!converted) return refused(...problems);
    return { problems: [], converted: handedOver(converted, source, rollout, serving) };
}

function shapeProblems(at: string, rollout: Body, count: number): Problem[] {
    const strategy = bodyAt(rollout, "spec", "strategy");
    const routing = `${at}.strategy.canary.trafficRouting`;
    if (valueAt(strategy, "blueGreen") !== undefined)
        return [
            {
                at: `${at}.strategy.blueGreen`,
                message: "switches the selector of a Service, and has no routes that could be taken over",
                fix: "give the Service a DestinationRule with a subset for each of the two, and a VirtualService; then adopt vs/NAME",
            },
        ];
    if (count === 0)
        return [
            {
                at: routing,
                message: "has no VirtualService of Istio: its shares follow the pods, or another ingress",
                fix: "give it trafficRouting.istio with a VirtualService and a DestinationRule first",
            },
        ];
    if (count > 1)
        return [
            {
                at: `${routing}.istio.virtualServices`,
                message: `are ${count}; one TrafficSplit has one`,
                fix: "stop the Rollout as docs/adopt.md says, then adopt each by itself: npx upshift adopt vs/NAME",
            },
        ];
    return [];
}

function isOf(replicaSet: Body, rollout: string): boolean {
    return bodiesAt(replicaSet, "metadata", "ownerReferences").some(
        (owner) => owner.kind === "Rollout" && owner.name === rollout,
    );
}

/**
 * The Deployment that takes over the pods of a ReplicaSet as they are: it finds one without an owner that its selector fits and whose
 * template is its own, and makes it its own. No pod is made or taken away.
 */
function deploymentOf(replicaSet: Body, name: string, namespace: string): Placed {
    const spec = {
        replicas: numberAt(replicaSet, "spec", "replicas"),
        selector: { matchLabels: mapAt(replicaSet, "spec", "selector", "matchLabels") },
        template: bodyAt(replicaSet, "spec", "template"),
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    };
    const metadata = { name, namespace };
    return placed("Deployment", { apiVersion: "apps/v1", kind: "Deployment", metadata, spec });
}

/** The version that a ReplicaSet's pods are, or their hash where no route leads to them. */
function versionOf(replicaSet: Body, { args }: Converted): string {
    const hash = mapAt(replicaSet, "spec", "template", "metadata", "labels")[hashLabel] ?? "";
    return Object.entries(args.labelValues ?? {}).find(([, value]) => value === hash)?.[0] ?? hash;
}

function handedOver(
    converted: Converted,
    { namespace, name }: Source,
    rollout: Body,
    serving: readonly Body[],
): Converted {
    const deployments = serving.map((one) => deploymentOf(one, `${name}-${versionOf(one, converted)}`, namespace));
    const kubectl = `kubectl -n ${namespace}`;
    const steps = bodiesAt(rollout, "spec", "strategy", "canary", "steps");
    const maxRaise = largestRaise(steps);
    const { step } = converted.args;
    return {
        ...converted,
        args: { ...converted.args, ...(maxRaise !== undefined && { step: { ...step, limits: { maxRaise } } }) },
        leftOut: [...converted.leftOut, ...leftOutOf(`Rollout ${name}: spec`, rollout, steps.length)],
        notes: [
            ...converted.notes,
            `the pods stay as they are: Deployments take over the ReplicaSets that the Rollout leaves. Versions are told by the label ${hashLabel}; ` +
                "the pods of a next version get it with a value of their own, which stands in labelValues for the version's name.",
            `an autoscaler that names the Rollout scales nobody afterwards: kubectl -n ${namespace} get hpa, and let it name the Deployment.`,
        ],
        handOver: {
            workloads: deployments,
            // The controller does nothing more from here on: routes and pods stay as they are.
            release: [`${kubectl} delete rollout ${name} --cascade=orphan`],
            before: deployments.map((one) => `${kubectl} rollout status deployment/${one.name}`),
            after: [],
        },
    };
}

/** The largest raise between two shares that the Rollout's steps name; undefined where that is no limit of ours. */
function largestRaise(steps: readonly Body[]): number | undefined {
    const shares = steps.flatMap((step) => numberAt(step, "setWeight") ?? []);
    const raises = shares.map((share, index) => share - (shares[index - 1] ?? 0));
    const largest = Math.max(0, ...raises);
    return largest > 0 && largest < 25 ? largest : undefined;
}

/** What of a Rollout nobody does any more, each by its path. */
function leftOutOf(at: string, rollout: Body, steps: number): LeftOut[] {
    const why: readonly (readonly [readonly string[], string])[] = [
        [
            ["strategy", "canary", "steps"],
            `its ${steps} steps: each is a \`pulumi up\` with other weights, by hand or in a workflow`,
        ],
        [["strategy", "canary", "analysis"], "checks between steps are `upshift guard` and gates (docs/gates.md)"],
        [
            ["strategy", "canary", "trafficRouting", "managedRoutes"],
            "rules above the weighted one are canaryHeader and routing.canaryMatch",
        ],
        [["strategy", "canary", "canaryMetadata"], "labels of pods are the Deployments' own"],
        [["strategy", "canary", "stableMetadata"], "labels of pods are the Deployments' own"],
        [
            ["strategy", "canary", "scaleDownDelaySeconds"],
            "pods go when a Deployment is scaled or deleted, and never by themselves",
        ],
        [["strategy", "canary", "dynamicStableScale"], "the number of pods is the Deployments' own"],
        [["strategy", "canary", "antiAffinity"], "where pods may run stands in their template"],
        [["rollbackWindow"], "a way back to the stable version is always one step"],
        [["progressDeadlineSeconds"], "`pulumi up` and the Deployments have limits of their own"],
        [["revisionHistoryLimit"], "versions stand in the program; git has the earlier ones"],
    ];
    return why
        .filter(([path]) => valueAt(rollout, "spec", ...path) !== undefined)
        .map(([path, words]) => ({ at: `${at}.${path.join(".")}`, why: words }));
}

import type { Problem } from "../../components/traffic/split/problem";
import { hostOfService } from "../../components/traffic/world/hosts";
import type { Placed } from "../../components/traffic/world/objects";
import { bodiesAt, type Body, selects, textAt, textsAt, valueAt } from "../../components/traffic/world/values";
import { reading, type ServiceObject, type World } from "../../components/traffic/world/world";
import { podLabels } from "../../components/traffic/world/workloads";
import { type Conversion, type LeftOut, refused } from "./adoption";
import { describeSource, type Source } from "./source";
import { fromVirtualService } from "./virtualService";

/**
 * The TrafficSplit that takes over from a Flagger Canary: its VirtualService between the Services `NAME-primary` and `NAME-canary`
 * becomes one between subsets of the Service `NAME`. Flagger writes over all of these, so it must have let go of them before: each
 * thing that it still holds is a problem with the command that takes it away, in the order in which no request fails.
 */
export function fromCanary(source: Source, canary: Body, world: World): Conversion {
    const { namespace } = source;
    const target = textAt(canary, "spec", "targetRef", "name") ?? source.name;
    const service = textAt(canary, "spec", "service", "name") ?? target;
    const of = (kind: string, name: string): Placed | undefined =>
        world.objects.find((one) => one.kind === kind && one.namespace === namespace && one.name === name);
    const routes = of("VirtualService", service);
    const own = reading(world).services.get(hostOfService({ namespace, name: service }));
    if (!routes || !own)
        return refused({
            at: describeSource(source),
            message: `has no ${routes ? "Service" : "VirtualService"} ${service}: its provider is none of Istio, or it is not initialized`,
            fix: `kubectl -n ${namespace} describe canary ${source.name}`,
        });
    const workloads = [`${target}-primary`, target].map((name) => of("Deployment", name));
    const problems = [
        ...suspension(source, canary),
        ...finalizers(source, canary),
        ...[
            routes,
            ...workloads,
            ...["", "-primary", "-canary"].map((end) => of("Service", `${service}${end}`)),
        ].flatMap((object) => (object ? ownership(source, object) : [])),
        ...selection(own, workloads),
    ];
    if (problems.length > 0) return refused(...problems);
    const { converted, problems: unfit } = fromVirtualService(routes, world);
    if (!converted) return refused(...unfit);
    return {
        problems: [],
        converted: {
            ...converted,
            leftOut: [...converted.leftOut, ...leftOutOf(`${describeSource(source)}: spec`, canary)],
            notes: [
                ...converted.notes,
                `a new version goes into Deployment ${target}, and its users come by the weights; what Flagger did after that, to copy it to ${target}-primary, is a step of yours: give the version that serves nobody the new code.`,
            ],
            handOver: {
                release: [],
                workloads: [],
                before: [],
                after: [`kubectl -n ${namespace} delete canary ${source.name}`],
            },
        },
    };
}

function suspension(source: Source, canary: Body): Problem[] {
    if (valueAt(canary, "spec", "suspend") === true) return [];
    return [
        {
            at: `${describeSource(source)}: spec.suspend`,
            message:
                "Flagger still works on it, and would write over the routes at its next look (it must rest: nothing half promoted)",
            fix: `kubectl -n ${source.namespace} patch canary ${source.name} --type merge -p '{"spec":{"suspend":true}}'`,
        },
    ];
}

/** By its finalizer Flagger puts back what was there before it when the Canary is deleted, and users with it. */
function finalizers(source: Source, canary: Body): Problem[] {
    const all = textsAt(canary, "metadata", "finalizers");
    if (all.length === 0 && valueAt(canary, "spec", "revertOnDeletion") !== true) return [];
    return [
        {
            at: `${describeSource(source)}: spec.revertOnDeletion`,
            message: "would lead all users back to the Deployment as it was before Flagger, when the Canary is deleted",
            fix: `kubectl -n ${source.namespace} patch canary ${source.name} --type merge -p '{"metadata":{"finalizers":null},"spec":{"revertOnDeletion":false}}'`,
        },
    ];
}

/** What a Canary controls goes with it. */
function ownership(source: Source, { kind, namespace, name, body }: Placed): Problem[] {
    const owners = bodiesAt(body, "metadata", "ownerReferences");
    if (!owners.some((owner) => owner.kind === "Canary" && owner.name === source.name)) return [];
    return [
        {
            at: `${kind} ${namespace}/${name}: metadata.ownerReferences`,
            message: `names Canary ${source.name}: it would be deleted together with it`,
            fix: `kubectl -n ${namespace} patch ${kind.toLowerCase()} ${name} --type json -p '[{"op":"remove","path":"/metadata/ownerReferences"}]'`,
        },
    ];
}

/** The Service that callers address has the primary's pods alone; subsets of it need those of both. */
function selection(service: ServiceObject, workloads: readonly (Placed | undefined)[]): Problem[] {
    const labels = workloads.flatMap((one) => (one ? [podLabels(one)] : []));
    if (labels.length > 0 && labels.every((one) => selects(service.selector, one))) return [];
    const [first = {}, ...others] = labels;
    const shared = Object.entries(first).filter(([label, value]) => others.every((one) => one[label] === value));
    const at = `Service ${service.namespace}/${service.name}: spec.selector`;
    const message = `selects the pods of the primary alone; a TrafficSplit tells versions by subsets of a Service that selects the pods of both`;
    const target = workloads[1]?.name ?? service.name;
    if (labels.length < 2 || shared.length === 0)
        return [
            {
                at,
                message: `${message}, and the two have no label in common`,
                fix:
                    `before Flagger is suspended: kubectl -n ${service.namespace} patch deployment ${target} -p ` +
                    `'{"spec":{"template":{"metadata":{"labels":{"app.kubernetes.io/part-of":"${service.name}"}}}}}', and let Flagger promote that`,
            },
        ];
    const none = Object.keys(service.selector).map((label) => [label, null] as const);
    const selector = JSON.stringify({
        spec: { selector: { ...Object.fromEntries(none), ...Object.fromEntries(shared) } },
    });
    return [
        {
            at,
            message: `${message}. Requests in the mesh go by the routes, and do not notice; callers without a proxy do, so the canary must have no pods then`,
            fix: `kubectl -n ${service.namespace} patch service ${service.name} --type merge -p '${selector}'`,
        },
    ];
}

function leftOutOf(at: string, canary: Body): LeftOut[] {
    const analysis = valueAt(canary, "spec", "analysis") === undefined ? "canaryAnalysis" : "analysis";
    const why: readonly (readonly [readonly string[], string])[] = [
        [
            [analysis, "stepWeight"],
            "each step is a `pulumi up` with other weights, of at most step.limits.maxRaise points",
        ],
        [
            [analysis, "stepWeights"],
            "each step is a `pulumi up` with other weights, of at most step.limits.maxRaise points",
        ],
        [[analysis, "maxWeight"], "how far a release goes is said by whoever makes its steps"],
        [[analysis, "metrics"], "checks between steps are gates (docs/gates.md)"],
        [[analysis, "webhooks"], "what is to run between steps is the workflow's"],
        [
            [analysis, "match"],
            "while no release goes on, Flagger has no rule for it: write canaryHeader or routing.canaryMatch",
        ],
        [[analysis, "iterations"], "a blue/green switch is declared by step.blueGreen"],
        [[analysis, "alerts"], "who is told is the workflow's"],
        [["autoscalerRef"], "autoscalers stay as they are: look at both, kubectl get hpa"],
        [["progressDeadlineSeconds"], "`pulumi up` and the Deployments have limits of their own"],
    ];
    return why
        .filter(([path]) => valueAt(canary, "spec", ...path) !== undefined)
        .map(([path, words]) => ({ at: `${at}.${path.join(".")}`, why: words }));
}

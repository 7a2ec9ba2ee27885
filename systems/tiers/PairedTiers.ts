import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { annotationsFor } from "../../components/traffic/world/marks";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import {
    entryOf,
    inPlaceOf,
    type LiveStages,
    nothingLive,
    orderOf,
    type PairPlan,
    smokeServes,
    Stage,
    type StepOrder,
} from "../../components/traffic/split/pairs";
import type { Problem } from "../../components/traffic/split/problem";
import { Strategy } from "../../components/traffic/split/strategy";
import { RunHooks } from "../../components/split/runHooks";
import { TrafficSplit } from "../../components/split/TrafficSplit";
import { complete, type Weights } from "../../components/traffic/split/weights";
import type { PairArgs, PairedTiersArgs, StageArgs } from "./args";
import { Backends, backendOf, frontendAccount } from "./Backends";
import { Frontends } from "./Frontends";
import { backendWeights, liveProblems, pairedProblems, planOf } from "./problems";

const routesName = "frontend-vs";

/**
 * Two tiers whose versions can't mix, side by side in whole pairs (seed 004): the frontends of a stage, active or smoke, and
 * the backends that they alone call, come from one pair. The entry decides once, by version: it sends a version's share to the
 * stage that runs it.
 *
 * A step is made in an order in which no request finds nobody: backends before their frontends; a stage that is to serve
 * before the routes; backends without frontends last, when the last old frontend has gone and not only been replaced.
 *
 * ```ts
 * new PairedTiers("tiers", {
 *     namespace, gateway, host: "tiers.minikube.me",
 *     pairs: [
 *         { name: "v1", version: "v1", frontendImage: "demo:v1", backendImage: "demo:v1" },
 *         { name: "v2", version: "v2", frontendImage: "demo:v2", backendImage: "demo:v2" },
 *     ],
 *     active: { pair: "v1" },
 *     smoke: { pair: "v2" },
 * });
 * ```
 */
export class PairedTiers extends pulumi.ComponentResource {
    /** Percent of the entry's requests per version, as applied. */
    readonly weights: pulumi.Output<Weights>;
    readonly canaryHeader: pulumi.Output<CanaryHeader | undefined>;
    /** What follows for the backends: percent of the entry's requests that each version of them gets. */
    readonly backendWeights: pulumi.Output<Weights>;

    /**
     * @param name The _unique_ name of the resource.
     * @throws when the pairs can't serve what is asked for; the message holds every problem.
     */
    constructor(name: string, args: PairedTiersArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:PairedTiers", name, {}, opts);
        refuse(pairedProblems(args));
        const step = new Step(args, this);
        this.weights = step.entry.weights;
        this.canaryHeader = step.entry.canaryHeader;
        this.backendWeights = this.weights.apply((weights) => backendWeights(args, weights));
        this.registerOutputs({
            weights: this.weights,
            canaryHeader: this.canaryHeader,
            backendWeights: this.backendWeights,
        });
    }
}

/** What one run makes, each part after those that it waits for. */
class Step {
    readonly entry: TrafficSplit;
    private readonly backends = new Map<string, Backends>();
    private readonly stages = new Map<Stage, Frontends>();
    private readonly order: pulumi.Output<StepOrder>;
    private readonly plan: PairPlan;
    private readonly child: pulumi.CustomResourceOptions;
    /** None where nothing runs and no cluster is there to ask: with mocks. */
    private readonly hooks = RunHooks.current();

    constructor(
        private readonly args: PairedTiersArgs,
        private readonly parent: pulumi.Resource,
    ) {
        this.child = { parent };
        this.plan = planOf(args);
        this.order = pulumi.output(this.lookedUp());
        const accounts = new Map(args.pairs.map(({ name }) => [name, this.account(name)]));
        for (const pair of args.pairs) this.backends.set(pair.name, this.backend(pair));
        for (const [stage, wanted] of stagesOf(args)) {
            const pair = pairNamed(args, wanted.pair);
            this.stages.set(stage, this.frontends(stage, pair, wanted, accounts.get(pair.name)?.metadata.name ?? ""));
        }
        this.entry = this.split();
        if (this.stages.has(Stage.Smoke)) this.smokeHost();
    }

    /** The order of this step, by what runs now; @throws when what runs now does not allow it. */
    private async lookedUp(): Promise<StepOrder> {
        const { namespace, weights = {}, canaryHeader } = this.args;
        let live: LiveStages = nothingLive;
        const access = await this.hooks?.accessOf(this.parent);
        if (access) live = await (await import("./live")).liveStages(access, namespace, routesName);
        refuse(liveProblems(this.args, live));
        return orderOf(live, this.plan, smokeServes(this.plan, weights, canaryHeader?.to));
    }

    private account(pair: string): k8s.core.v1.ServiceAccount {
        const name = frontendAccount(pair);
        return new k8s.core.v1.ServiceAccount(
            name,
            { metadata: { namespace: this.args.namespace, name }, automountServiceAccountToken: false },
            this.child,
        );
    }

    /** Backends that serve come first of all; those that are to be empty wait for the last frontend. */
    private backend(pair: PairArgs): Backends {
        const idle = pair.backendReplicas === 0;
        const after = this.order.apply(() => (idle ? this.made([Stage.Active, Stage.Smoke]) : []));
        const { namespace, step = {} } = this.args;
        return new Backends(
            backendOf(pair.name),
            { namespace, pair, after, group: step.group, guard: step.guard },
            this.child,
        );
    }

    private frontends(stage: Stage, pair: PairArgs, wanted: StageArgs, account: pulumi.Input<string>): Frontends {
        const { namespace, minReadySeconds = 30 } = this.args;
        const after = this.order.apply(({ afterRoutes }) => [
            ...[this.backends.get(pair.name)].flatMap((backends) => backends?.deployment ?? []),
            ...(afterRoutes.includes(stage) ? [this.entry] : []),
        ]);
        const name = `frontend-${stage}`;
        const replicas = wanted.replicas ?? 5;
        const { group, guard } = this.args.step ?? {};
        return new Frontends(
            name,
            { namespace, stage, pair, account, replicas, minReadySeconds, after, group, guard },
            this.child,
        );
    }

    /** The one decision. What serves a version is known by its stage; that the stage runs it, by the order. */
    private split(): TrafficSplit {
        const { namespace, host, gateway, weights, canaryHeader, step } = this.args;
        const destinations = Object.fromEntries(
            Object.entries(entryOf(this.plan)).map(([version, service]) => [version, fullName(service, namespace)]),
        );
        const versions = Object.keys(destinations);
        const split = {
            namespace,
            strategy: Strategy.Pairs,
            hosts: [host],
            gateways: [gateway],
            versions,
            destinations,
            weights: complete(weights ?? { [this.plan.active]: 100 }, versions),
            canaryHeader,
            routesName,
            step: { ...step, inPlace: inPlaceOf(this.plan, step?.stable, step?.inPlace) },
        };
        const dependsOn = this.order.apply(({ beforeRoutes }) => this.made(beforeRoutes));
        return new TrafficSplit("frontend", split, { ...this.child, dependsOn });
    }

    private smokeHost(): void {
        const { namespace, host, gateway, smokeHost = `smoke.${host}` } = this.args;
        const destination = { host: fullName("frontend-smoke", namespace) };
        new k8s.apiextensions.CustomResource(
            "frontend-smoke-vs",
            {
                apiVersion: "networking.istio.io/v1",
                kind: "VirtualService",
                metadata: {
                    namespace,
                    name: "frontend-smoke-vs",
                    annotations: annotationsFor({ group: this.args.step?.group }),
                },
                spec: {
                    hosts: [smokeHost],
                    gateways: [gateway],
                    http: [{ name: "smoke", route: [{ destination }], retries: { attempts: 0 } }],
                },
            },
            { ...this.child, dependsOn: this.made([Stage.Smoke]) },
        );
    }

    private made(stages: readonly Stage[]): pulumi.Resource[] {
        return stages.flatMap((stage) => this.stages.get(stage)?.deployment ?? []);
    }
}

function stagesOf({ active, smoke }: PairedTiersArgs): [Stage, StageArgs][] {
    return [[Stage.Active, active], ...(smoke ? [[Stage.Smoke, smoke] as [Stage, StageArgs]] : [])];
}

function pairNamed({ pairs }: PairedTiersArgs, name: string): PairArgs {
    const found = pairs.find((pair) => pair.name === name);
    if (!found)
        throw new pulumi.RunError(`There is no pair ${name}; there are ${pairs.map((one) => one.name).join(", ")}.`);
    return found;
}

/** A gateway is in another namespace: it must have the Service's full name. */
function fullName(service: string, namespace: string): string {
    return `${service}.${namespace}.svc.cluster.local`;
}

function refuse(problems: readonly Problem[]): void {
    if (problems.length > 0)
        throw new pulumi.RunError(problems.map(({ at, message }) => `${at}: ${message}`).join("\n"));
}

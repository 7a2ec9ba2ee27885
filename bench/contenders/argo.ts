import { type Bed, destinationRule, imageOf, podTemplate, service, virtualService, webService } from "../bed";
import { freePort } from "../../test/support/ports";
import { Controller } from "../others/controller";
import { moduleFile, otherTool } from "../others/tools";
import { backFrom, type Contender, type Move, shares } from "./contender";

const crds = ["rollout", "analysis-run", "analysis-template", "cluster-analysis-template", "experiment"];

/** Waits for a word (`pause: {}`), so that each of them is timed by itself. */
const byWord = [
    { setCanaryScale: { replicas: 1 } },
    { pause: {} },
    { setWeight: 100 },
    { pause: {} },
    { setWeight: backFrom },
    { pause: {} },
];
/** Goes on by itself as soon as it can. */
const byItself = [{ setCanaryScale: { replicas: 1 } }, ...shares.map((setWeight) => ({ setWeight }))];

/**
 * Argo Rollouts: its controller as a process of the machine, with its usual settings but for ports and the election of a leader. What
 * `kubectl argo rollouts promote` and `abort` write is written by `kubectl patch`: they are patches of the Rollout's status.
 */
export class Argo implements Contender {
    readonly name = "Argo Rollouts";
    readonly namespace = "bench-argo";
    private controller: Controller | undefined;
    /** The version that all users have when nothing is under way. */
    private stable = "v1";

    constructor(private readonly bed: Bed) {}

    async prepare(): Promise<void> {
        await otherTool("argo");
    }

    async up(): Promise<void> {
        const program = await otherTool("argo");
        for (const name of crds)
            await this.bed.kubectl(
                "apply",
                "--server-side",
                "-f",
                await moduleFile("argo", `manifests/crds/${name}-crd.yaml`),
            );
        await this.bed.place(this.namespace);
        const [metrics, health] = [await freePort(), await freePort()];
        this.controller = await Controller.start(
            program,
            [
                `--kubeconfig=${this.bed.kubeconfig}`,
                `--metricsPort=${metrics}`,
                `--healthzPort=${health}`,
                "--leader-elect=false",
            ],
            /Started rollout workers/,
        );
        const subsets = ["stable", "canary"].map((name) => ({ name, labels: { app: service } }));
        await this.bed.apply(
            webService(this.namespace),
            destinationRule(this.namespace, subsets),
            virtualService(this.namespace, { stable: 100, canary: 0 }),
            this.rollout(),
        );
        await this.phase("Healthy");
    }

    async down(): Promise<void> {
        if (!this.controller) return;
        await this.controller.stop();
        // What is left of it would wait for ever for a controller that has gone.
        await this.bed.kubectl("delete", "crd", "--ignore-not-found", "--timeout=60s", ...crdNames);
    }

    async readyToShift(): Promise<void> {
        await this.atStep(1);
    }

    async shift(): Promise<Move> {
        const began = Date.now();
        await this.promote();
        return { began, ...this.versions };
    }

    async readyToGoBack(): Promise<void> {
        await this.atStep(5);
    }

    async goBack(): Promise<Move> {
        const began = Date.now();
        await this.status({ abort: true });
        const { old, fresh } = this.versions;
        return { began, old: fresh, fresh: old };
    }

    async readyToRelease(): Promise<void> {
        await this.image(this.stable);
        await this.phase("Healthy");
        await this.patch({ spec: { strategy: { canary: { steps: byItself } } } });
        await this.phase("Healthy");
    }

    async release(): Promise<Move> {
        const began = Date.now();
        const versions = this.versions;
        await this.image(versions.fresh);
        this.stable = versions.fresh;
        return { began, ...versions };
    }

    private get versions(): Pick<Move, "old" | "fresh"> {
        return { old: this.stable, fresh: this.stable === "v1" ? "v2" : "v1" };
    }

    /** Brings the release by word to a pause, from wherever it is, and waits until it stands there. */
    private async atStep(index: number): Promise<void> {
        for (let step = await this.onTheWay(index); ; step += 2) {
            await this.paused(step);
            if (step === index) return;
            await this.promote();
        }
    }

    /** The next pause of a release that comes to the one that is meant; begun anew where it is beyond that, or was aborted. */
    private async onTheWay(index: number): Promise<number> {
        const { status, spec } = await this.read();
        const { currentStepIndex: current = 0, abort = false } = status;
        if (spec.strategy.canary.steps.length !== byWord.length)
            await this.patch({ spec: { strategy: { canary: { steps: byWord } } } });
        if (spec.template.spec.containers[0]?.image !== imageOf(this.versions.fresh)) {
            await this.image(this.versions.fresh);
            return 1;
        }
        // Pauses are the odd ones.
        if (!abort && current <= index) return current | 1;
        await this.status({ abort: true });
        await this.phase("Degraded");
        await this.status({ abort: false });
        return 1;
    }

    private async paused(step: number): Promise<void> {
        await this.bed.waitFor(this.namespace, `rollout/${service}`, `jsonpath={.status.currentStepIndex}=${step}`);
        await this.phase("Paused");
    }

    private phase(phase: string): Promise<void> {
        return this.bed
            .waitFor(this.namespace, `rollout/${service}`, `jsonpath={.status.phase}=${phase}`)
            .catch((error: Error) => {
                throw new Error(`${error.message}\nThe controller: ${this.controller?.lastWords}`, { cause: error });
            });
    }

    /** As `promote` does it where a pause is all that it waits for. */
    private promote(): Promise<void> {
        return this.status({ pauseConditions: null });
    }

    private async status(status: object): Promise<void> {
        await this.patch({ status }, "--subresource=status");
    }

    private async image(version: string): Promise<void> {
        await this.patch({ spec: { template: podTemplate({ app: service }, version) } });
    }

    private async patch(change: object, ...more: string[]): Promise<void> {
        const what = ["rollout", service, "-n", this.namespace, "--type", "merge", ...more];
        await this.bed.kubectl("patch", ...what, "-p", JSON.stringify(change));
    }

    private async read(): Promise<Rollout> {
        return JSON.parse(
            await this.bed.kubectl("get", "rollout", service, "-n", this.namespace, "-o", "json"),
        ) as Rollout;
    }

    private rollout(): object {
        const istio = {
            virtualService: { name: service, routes: ["weighted"] },
            destinationRule: { name: service, canarySubsetName: "canary", stableSubsetName: "stable" },
        };
        return {
            apiVersion: "argoproj.io/v1alpha1",
            kind: "Rollout",
            metadata: { name: service, namespace: this.namespace },
            spec: {
                replicas: 1,
                selector: { matchLabels: { app: service } },
                template: podTemplate({ app: service }, this.stable),
                strategy: { canary: { trafficRouting: { istio }, steps: byWord } },
            },
        };
    }
}

const crdNames = ["rollouts", "analysisruns", "analysistemplates", "clusteranalysistemplates", "experiments"].map(
    (name) => `${name}.argoproj.io`,
);

interface Rollout {
    readonly spec: {
        readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
        readonly strategy: { readonly canary: { readonly steps: readonly object[] } };
    };
    readonly status: { readonly currentStepIndex?: number; readonly abort?: boolean };
}

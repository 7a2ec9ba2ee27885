import { setTimeout as after } from "node:timers/promises";
import { type Bed, deployment, imageOf, service } from "../bed";
import { freePort } from "../../test/support/ports";
import { Controller } from "../others/controller";
import { moduleFile, otherTool } from "../others/tools";
import { backFrom, type Contender, type Move, shares } from "./contender";

/** The shortest that it takes: `interval` below 10 s counts as 10 s. */
const interval = "10s";
/** A run of it takes so many ticks at most, in milliseconds. */
const runMs = 300_000;

/**
 * Flagger: its controller as a process of the machine, with its usual settings but for the port. It is told of a release by another
 * image, and moves users at its own ticks; no metric is asked for, so that nothing holds it up.
 */
export class Flagger implements Contender {
    readonly name = "Flagger";
    readonly namespace = "bench-flagger";
    private controller: Controller | undefined;
    /** What all users have when nothing is under way. */
    private primary = "v1";

    constructor(private readonly bed: Bed) {}

    async up(): Promise<void> {
        const program = await otherTool("flagger");
        await this.bed.kubectl("apply", "-f", await moduleFile("flagger", "artifacts/flagger/crd.yaml"));
        await this.bed.place(this.namespace);
        await this.bed.apply(deployment(this.namespace, service, { app: service }, this.primary), this.canary());
        this.controller = await Controller.start(
            program,
            [`-kubeconfig=${this.bed.kubeconfig}`, `-port=${await freePort()}`, "-mesh-provider=istio"],
            /Started operator workers/,
        );
        await this.phase("Initialized", "Succeeded");
    }

    async down(): Promise<void> {
        // Its finalizers are off by default: nothing waits for a controller that has gone.
        await this.bed.kubectl("delete", "crd", "--ignore-not-found", "--wait=false", ...crdNames);
        await this.controller?.stop();
    }

    async readyToShift(): Promise<void> {
        await this.atRest([100]);
    }

    async shift(): Promise<Move> {
        const { old, fresh } = this.versions;
        const began = Date.now();
        await this.image(fresh);
        this.primary = fresh;
        return { began, old, fresh };
    }

    /** At the share, with ten seconds until it goes on. */
    async readyToGoBack(): Promise<void> {
        await this.atRest([backFrom, 100]);
        await this.image(this.versions.fresh);
        await this.until(async () => (await this.status()).canaryWeight === backFrom, `it never gave ${backFrom} %`);
    }

    /** The Deployment's old image again: it has no word for it. */
    async goBack(): Promise<Move> {
        const { old, fresh } = this.versions;
        const began = Date.now();
        await this.image(old);
        return { began, old: fresh, fresh: old };
    }

    async readyToRelease(): Promise<void> {
        await this.atRest(shares);
    }

    release(): Promise<Move> {
        return this.shift();
    }

    private get versions(): Pick<Move, "old" | "fresh"> {
        return { old: this.primary, fresh: this.primary === "v1" ? "v2" : "v1" };
    }

    /** Nothing is under way, and the next release goes by these shares. */
    private async atRest(stepWeights: readonly number[]): Promise<void> {
        await this.phase("Initialized", "Succeeded", "Failed");
        const change = JSON.stringify({ spec: { analysis: { stepWeights } } });
        await this.bed.kubectl("patch", "canary", service, "-n", this.namespace, "--type", "merge", "-p", change);
    }

    private async image(version: string): Promise<void> {
        const what = [`deployment/${service}`, `${service}=${imageOf(version)}`];
        await this.bed.kubectl("set", "image", "-n", this.namespace, ...what);
    }

    private async phase(...phases: string[]): Promise<void> {
        await this.until(
            async () => {
                const { phase = "" } = await this.status();
                return phases.includes(phase);
            },
            `it is never ${phases.join(" or ")}`,
        );
    }

    private async status(): Promise<{ phase?: string; canaryWeight?: number }> {
        const printed = await this.bed.kubectl("get", "canary", service, "-n", this.namespace, "-o", "json");
        return (JSON.parse(printed) as { status?: { phase?: string; canaryWeight?: number } }).status ?? {};
    }

    private async until(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
        const deadline = Date.now() + runMs;
        while (!(await isSo())) {
            if (Date.now() > deadline) throw new Error(`Flagger: ${otherwise}.\n${this.controller?.lastWords}`);
            await after(200);
        }
    }

    private canary(): object {
        return {
            apiVersion: "flagger.app/v1beta1",
            kind: "Canary",
            metadata: { name: service, namespace: this.namespace },
            spec: {
                targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: service },
                service: { port: 80, targetPort: 8080, portName: "http", retries: { attempts: 0 } },
                analysis: { interval, threshold: 1, stepWeights: [100], metrics: [] },
            },
        };
    }
}

const crdNames = ["canaries", "metrictemplates", "alertproviders"].map((name) => `${name}.flagger.app`);

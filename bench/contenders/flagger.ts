import { setTimeout as after } from "node:timers/promises";
import { type Bed, deployment, imageOf, service } from "../bed";
import { freePort } from "../../test/support/ports";
import { Controller } from "../others/controller";
import { moduleFile, otherTool } from "../others/tools";
import { Patience } from "../timing";
import { backFrom, type Contender, type Move, shares } from "./contender";

/** The shortest that it takes: `interval` below 10 s counts as 10 s. */
const interval = "10s";
/** What somebody waits for takes it a few ticks, in milliseconds. */
const waitMs = 150_000;

/**
 * Flagger: its controller as a process of the machine, with its usual settings but for the port. It is told of a release by another
 * image, and moves users at its own ticks; no metric is asked for, so that nothing holds it up.
 */
export class Flagger implements Contender {
    readonly name = "Flagger";
    readonly namespace = "bench-flagger";
    private controller: Controller | undefined;
    private port = 0;
    /** What all users have when nothing is under way. */
    private primary = "v1";
    /** Whether the release that it is in the middle of was taken back. */
    private wentBack = false;

    constructor(private readonly bed: Bed) {}

    async prepare(): Promise<void> {
        await otherTool("flagger");
    }

    async up(): Promise<void> {
        const program = await otherTool("flagger");
        await this.bed.kubectl("apply", "-f", await moduleFile("flagger", "artifacts/flagger/crd.yaml"));
        await this.bed.place(this.namespace);
        await this.bed.apply(deployment(this.namespace, service, { app: service }, this.primary), this.canary());
        this.port = await freePort();
        this.controller = await Controller.start(
            program,
            [`-kubeconfig=${this.bed.kubeconfig}`, `-port=${this.port}`, "-mesh-provider=istio"],
            /Started operator workers/,
        );
        await this.atRest([100]);
    }

    async down(): Promise<void> {
        if (!this.controller) return;
        // Its finalizers are off by default: nothing waits for a controller that has gone.
        await this.bed.kubectl("delete", "crd", "--ignore-not-found", "--timeout=60s", ...crdNames);
        await this.controller.stop();
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

    /** At the share, where it is held by the hook that Flagger has for this: it asks whether users may be moved on, and hears no. */
    async readyToGoBack(): Promise<void> {
        await this.atRest([backFrom, 100]);
        await this.image(this.versions.fresh);
        await this.until(`it gives ${backFrom} %`, ({ canaryWeight }) => canaryWeight === backFrom);
        await this.hook("confirm-traffic-increase", "/no");
    }

    /** The Deployment's old image again: it has no word for it. */
    async goBack(): Promise<Move> {
        const { old, fresh } = this.versions;
        const began = Date.now();
        await this.image(old);
        this.wentBack = true;
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
        if (this.wentBack) await this.giveUp();
        await this.until("it is at rest", ({ phase = "" }) => ["Initialized", "Succeeded", "Failed"].includes(phase));
        await this.analysis({ stepWeights, webhooks: null });
    }

    /**
     * Ends a release that was taken back. Left to itself, it would go on to promote the old image, and note it as the new one: it takes an
     * image to be the one that it saw when the release began. From then on it would take the new one to be what users have already, and
     * never begin a release of it.
     */
    private async giveUp(): Promise<void> {
        const { lastAppliedSpec: taken } = await this.status();
        await this.hook("rollback", "/healthz");
        await this.until(
            "it has given up, and knows the old image again",
            ({ phase, lastAppliedSpec }) => phase === "Failed" && lastAppliedSpec !== taken,
        );
        this.wentBack = false;
    }

    /** A question that it asks at each tick of its own server, which says yes at one path and no at all that it does not know. */
    private hook(type: "confirm-traffic-increase" | "rollback", path: string): Promise<void> {
        return this.analysis({ webhooks: [{ name: type, type, url: `http://127.0.0.1:${this.port}${path}` }] });
    }

    private async analysis(analysis: object): Promise<void> {
        const change = JSON.stringify({ spec: { analysis } });
        await this.bed.kubectl("patch", "canary", service, "-n", this.namespace, "--type", "merge", "-p", change);
    }

    private async image(version: string): Promise<void> {
        const what = [`deployment/${service}`, `${service}=${imageOf(version)}`];
        await this.bed.kubectl("set", "image", "-n", this.namespace, ...what);
    }

    private async status(): Promise<Status> {
        const printed = await this.bed.kubectl("get", "canary", service, "-n", this.namespace, "-o", "json");
        return (JSON.parse(printed) as { status?: Status }).status ?? {};
    }

    private async until(what: string, isSo: (status: Status) => boolean): Promise<void> {
        const patience = new Patience(waitMs);
        for (;;) {
            const status = await this.status();
            if (isSo(status)) return;
            if (patience.isOver)
                throw new Error(
                    `Flagger: not within ${waitMs / 1000} s that ${what}; its status is ${JSON.stringify(status)}.\n` +
                        `The controller: ${this.controller?.lastWords}`,
                );
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

/** What it says of a release. */
interface Status {
    readonly phase?: string;
    readonly canaryWeight?: number;
    readonly lastAppliedSpec?: string;
}

const crdNames = ["canaries", "metrictemplates", "alertproviders"].map((name) => `${name}.flagger.app`);

import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import * as fs from "node:fs";
import * as path from "node:path";
import { applyBootstrap } from "./bootstrap";
import { writeConfig } from "./config";
import { isContained } from "./containment";
import { writeCredentials } from "./credentials";
import { endContainers, importImages, type ImageStore } from "./images";
import { cgroupOf, insideDir } from "./layout";
import { boundLog, logEnd } from "./logs";
import { installDatabase } from "./database/install";
import { databaseOrder, whenOrdered, type DatabaseOrder } from "./database/order";
import { databasePart } from "./database/part";
import { freeBytes, fullBelow } from "./disk";
import type { Order } from "./order";
import { Part, type PartEvents } from "./part";
import { readyPods } from "../pods";
import { partSpecs, type PartName } from "./parts";
import { dnsAnswers, nodeReady, until } from "./probes";
import { writeState, type ClusterState, type Step } from "./state";
import { partVersions } from "./versions";
import { furnish } from "./world";

/** A cluster's life as its supervisor sees it: what starts after what, and in which order it ends. */
export class Cluster {
    private readonly parts: Record<PartName, Part>;
    private readonly events: PartEvents;
    /** The database beside the cluster, once it is ordered. */
    private database: Part | undefined;
    private readonly state: ClusterState;
    private readonly store: ImageStore;
    private file: string;

    constructor(private readonly order: Order) {
        this.events = { changed: () => this.save(), gaveUp: (part: Part) => this.fail(obituary(part)) };
        const specs = Object.entries(partSpecs(order.name, order.programs));
        this.parts = Object.fromEntries(
            specs.map(([name, spec]) => [name, new Part(spec, this.events)]),
        ) as typeof this.parts;
        this.store = { ctr: [order.programs.ctr], dir: insideDir() };
        this.file = path.join(order.dir, "cluster.json");
        this.state = {
            name: order.name,
            version: order.version,
            process: order.process,
            ports: order.ports,
            phase: "starting",
            steps: [],
            parts: Object.values(this.parts).map((part) => part.status),
            versions: {},
        };
    }

    /** Starts everything. @returns when the API answers, the node is ready and the name server knows the API server */
    async start(): Promise<void> {
        const { parts, order } = this;
        await this.step("namespaces", () => furnish(order.dir));
        this.file = insideDir("cluster.json");
        const admin = await this.step("certificates", () => this.write());
        const ordered = databaseOrder(insideDir());
        const database = ordered && this.startDatabase(ordered);

        const essential = parts.containerd.start().then(() => importImages(this.store, Object.values(order.essential)));
        const images = essential.then(() => this.step("images", () => importImages(this.store, order.images)));
        const api = this.step("etcd", () => parts.etcd.start()).then(() =>
            this.step("API server", () => parts["kube-apiserver"].start()),
        );
        const others = ["kube-controller-manager", "kube-scheduler", "kube-proxy"] as const;
        const control = api.then(() =>
            Promise.all([
                until(() => applyBootstrap(admin, order.essential.coredns.reference)),
                until(() => isContained(admin)),
                ...others.map((name) => parts[name].start()),
            ]),
        );
        const before = api.then(async () => (this.state.pods = await until(() => readyPods(admin))));
        const node = Promise.all([before, essential]).then(() => this.step("node", () => this.startNode(admin)));
        const dns = Promise.all([node, control]).then(() => this.step("cluster DNS", () => until(dnsAnswers)));
        await Promise.all([essential, images, api, control, node, dns, database]);

        this.state.versions = await partVersions(admin, order.programs);
        this.enter("ready");
        if (!ordered)
            whenOrdered(insideDir(), (order) => {
                this.startDatabase(order).catch((error: Error) => this.fail(error.message));
            });
        setInterval(() => this.boundLogs(), 60_000);
    }

    /** Says why the cluster does not work. What does run goes on, so that one can look. */
    fail(error: string): void {
        if (this.state.phase === "stopping") return;
        this.state.error ??= error;
        this.enter("failed");
    }

    /** Ends everything in such an order that nothing starts again what has ended, and what is written last is kept. */
    async stop(): Promise<void> {
        const { parts } = this;
        this.enter("stopping");
        await parts.kubelet.stop();
        if (parts.containerd.status.state === "running") await endContainers(this.store);
        await Promise.all([
            parts.containerd.stop(),
            this.database?.stop(),
            parts["kube-proxy"].stop(),
            parts["kube-scheduler"].stop(),
            parts["kube-controller-manager"].stop(),
        ]);
        await parts["kube-apiserver"].stop(3000);
        await parts.etcd.stop();
        this.enter("stopped");
    }

    private async write(): Promise<KubeConfig> {
        const { order } = this;
        const { reference } = order.essential.pause;
        fs.mkdirSync(insideDir("logs"), { recursive: true });
        writeConfig({ cgroup: cgroupOf(order.name), pauseImage: reference, runc: order.programs.runc });
        const admin = new KubeConfig();
        admin.loadFromString(await writeCredentials(order.name, order.ports.api));
        return admin;
    }

    private boundLogs(): void {
        const logs = this.all().map((part) => part.spec.log);
        for (const log of [...logs, insideDir("logs", "supervisor.log")]) {
            quietly(() => boundLog(log));
            // The copy that earlier versions kept.
            quietly(() => fs.rmSync(`${log}.1`, { force: true }));
        }
    }

    private all(): Part[] {
        return [...Object.values(this.parts), ...(this.database ? [this.database] : [])];
    }

    private async startDatabase(order: DatabaseOrder): Promise<void> {
        await this.step("database", async () => {
            await installDatabase(order);
            this.database = new Part(databasePart(order), this.events);
            this.state.parts.push(this.database.status);
            await this.database.start();
        });
    }

    private async startNode(admin: KubeConfig): Promise<void> {
        const { kubelet } = this.parts;
        await kubelet.start();
        const api = admin.makeApiClient(CoreV1Api);
        await until(() => nodeReady(api, this.order.name, kubelet.status.since ?? 0));
    }

    private async step<T>(title: string, work: () => Promise<T>): Promise<T> {
        const step: Step = { title, began: Date.now() };
        this.state.steps.push(step);
        this.save();
        const result = await work().catch((error: Error) => {
            throw new Error(`${title}: ${error.message}`);
        });
        step.ended = Date.now();
        this.save();
        return result;
    }

    private enter(phase: ClusterState["phase"]): void {
        this.state.phase = phase;
        this.save();
    }

    private save(): void {
        quietly(() => writeState(this.file, this.state));
    }
}

/** What the supervisor writes for others to read must not end the cluster when it can't be written. */
function quietly(write: () => void): void {
    try {
        write();
    } catch (error) {
        console.error(error);
    }
}

/** Why a part was given up. */
function obituary(part: Part): string {
    const { name, log } = part.spec;
    return [
        `${name} died five times within 10 s of its start, the last time with ${part.status.lastExit}.`,
        ...(freeBytes(insideDir()) < fullBelow
            ? ["The disk is full.\n  fix: make room (df -h shows where), then up again"]
            : []),
        `The end of logs/${path.basename(log)}:\n${logEnd(log)}`,
    ].join("\n");
}

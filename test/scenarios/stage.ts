import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { istioTag, reference } from "../../cluster/images/tag";
import { Caller } from "../support/caller";
import { type Told, upshift, upshiftStarted } from "../support/cli";
import { kubectl } from "../support/kubectl";
import { apply, Asker } from "../support/mesh";
import { importOn, meshWithWeb, namespace, projectOn } from "../support/ownService";
import type { Outcome, Sandbox } from "../support/pulumi";
import { ProxyCounters } from "./copies";
import { Driver } from "./driver";
import { type Live, liveIn } from "./live";
import { SteadyLoad } from "./load";
import { badImages, callerPod, jobFiles, place, program, usualConfig } from "./program";
import type { Change } from "./scenario";

/** One cluster with a mesh, one stack and one steady load, on which scenarios are played one after the other. */
export class Stage {
    private constructor(
        private readonly cluster: string,
        private readonly project: Sandbox,
        readonly load: SteadyLoad,
        /** A caller of its own, for what is not asked steadily. */
        readonly asker: Asker,
        readonly counters: ProxyCounters,
    ) {}

    /** Brings all of it up, every user on v1. @param cluster whose name it is */
    static async up(cluster: string): Promise<Stage> {
        await meshWithWeb(cluster);
        await importOn(cluster, badImages);
        await apply(cluster, [namespace(place)]);
        const project = await projectOn(cluster, program, {}, jobFiles);
        writeConfig(project, usualConfig("v1"));
        await project.succeed("up", "--yes", "--skip-preview");
        const image = reference({ name: "proxyv2", tag: istioTag() });
        const [, pod = ""] = callerPod.split("/");
        await Caller.running(cluster, place, pod, image, ["sleep", "86400"]);
        const load = new SteadyLoad(cluster, callerPod, "web");
        const asker = new Asker(cluster, callerPod, ["web", "80"]);
        const stage = new Stage(cluster, project, load, asker, new ProxyCounters(cluster, callerPod, "web"));
        await load.next(20);
        return stage;
    }

    /** Ends all of it but the cluster, which is there also where `up` has failed. */
    async down(): Promise<void> {
        await this.load.stop();
        this.asker.close();
        this.counters.close();
        this.project.remove();
    }

    /** The service's objects as the cluster has them now. */
    async live(): Promise<Live> {
        const kinds = "virtualservices.networking.istio.io,destinationrules.networking.istio.io,deployments.apps";
        return liveIn(await kubectl(this.cluster, ["get", kinds, "-n", place, "-o", "json"]));
    }

    /** Gives the config the usual values, and no others, by its file; then these. Nothing is applied. */
    async configureAnew(old: string, change: Change): Promise<void> {
        writeConfig(this.project, usualConfig(old));
        await this.configure(change);
    }

    /** Writes values of the config as README does it. */
    async configure(change: Change): Promise<void> {
        const set = Object.entries(change).flatMap(([at, value]) =>
            value === undefined ? [] : ["--plaintext", `${at}=${value}`],
        );
        if (set.length > 0) await this.project.succeed("config", "set-all", "--path", ...set);
        for (const [at, value] of Object.entries(change))
            if (value === undefined) await this.project.succeed("config", "rm", "--path", at);
    }

    /** One `pulumi up`, however it ends. */
    up(): Promise<Outcome> {
        return this.project.pulumi("up", "--yes", "--skip-preview");
    }

    /** A command of `npx upshift`, however it ends. */
    upshift(command: string): Promise<Told> {
        return upshift([...command.split(" "), "--cwd", this.project.folder], this.environment());
    }

    /** The same while other things are done. */
    start(command: string): Driver {
        const child = upshiftStarted([...command.split(" "), "--cwd", this.project.folder], this.environment());
        return new Driver(command, child);
    }

    private environment(): NodeJS.ProcessEnv {
        return { ...process.env, ...this.project.environment };
    }
}

function writeConfig({ folder }: Sandbox, config: Readonly<Record<string, unknown>>): void {
    const file = path.join(folder, "Pulumi.dev.yaml");
    const whole = parse(fs.readFileSync(file, "utf8")) as { config?: Record<string, unknown> };
    // The provider's own stays, as does what Pulumi has noted of secrets.
    const others = Object.entries(whole.config ?? {}).filter(([key]) => !key.startsWith("sandbox:"));
    const own = Object.entries(config).map(([key, value]) => [`sandbox:${key}`, value]);
    fs.writeFileSync(file, stringify({ ...whole, config: Object.fromEntries([...others, ...own]) as object }));
}

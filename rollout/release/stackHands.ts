import { setTimeout as after } from "node:timers/promises";
import { z } from "zod";
import { reportProblems } from "../config/report";
import { release, type ReleaseSettings } from "./settings";
import { shapeProblems } from "../config/shapeProblems";
import { ProxyMetrics } from "../../components/mesh/addons/queries";
import { liveWorld } from "../../components/mesh/live";
import { identityOf } from "../../components/traffic/world/objects";
import type { Value } from "../../components/traffic/world/values";
import type { Weights } from "../../components/traffic/split/weights";
import { withWeights } from "../../components/traffic/split/routes";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { writeBack } from "../drift/write";
import type { CountSource } from "../gate/counts";
import type { GateWindow } from "../gate/metric";
import { MeshCallers } from "../gate/sources/meshCallers";
import { PrometheusCounts } from "../gate/sources/prometheus";
import { ProxyCounts } from "../gate/sources/proxies";
import { type Compared, Windows } from "../gate/windows";
import { pendingConfig } from "../guard/state";
import { projectName } from "../plan/projectName";
import { weightsConfig } from "../weightsConfig";
import type { Hands, ReleaseEvent, Values } from "./hands";
import { releasedService, type ReleasedService } from "./service";
import { update, type Updating } from "./update";
import { writeConfig } from "./writeConfig";
import { whereOf } from "./where";
import { UserError } from "../../components/userError";

/** Seconds of a window, where the source of the counts sees a request soon enough. */
const windowSeconds = 10;

/** The hands of a driver in a real stack. */
export class StackHands implements Hands {
    readonly where: string;
    private readonly interruption = new AbortController();
    private source?: CountSource;
    private callers?: MeshCallers;
    private windows?: Windows;
    private stepOfWindow?: number;

    /**
     * @param folder of the project, where it is another than this one.
     * @param updating what holds for every update.
     */
    constructor(
        private readonly stack: string,
        private readonly service: string,
        readonly tell: (event: ReleaseEvent) => void,
        private readonly folder?: string,
        private readonly updating: Updating = {},
    ) {
        this.where = whereOf(stack, folder);
    }

    async settings(): Promise<ReleaseSettings> {
        const given = (await this.map("release"))[this.service];
        if (given === undefined)
            throw new UserError({
                what: `The config says nothing of a release of ${this.service}.`,
                fix: `npx upshift release ${this.service}${this.where} --to VERSION`,
            });
        const read = release.safeParse(given);
        if (read.success) return read.data;
        const problems = shapeProblems(read.error.issues, given, `release.${this.service}`);
        throw new Error(reportProblems(projectName(this.folder), problems));
    }

    served(): Promise<ReleasedService> {
        return releasedService(this.stack, this.service, this.folder);
    }

    /** `release` as it stands in the config, of all services. */
    releases(): Promise<Readonly<Record<string, unknown>>> {
        return releasesOf(this.stack, this.folder);
    }

    /** Whether the config has a canary header, whoever it leads to. */
    async hasHeader(): Promise<boolean> {
        return Object.keys(await this.map("canaryHeader")).length > 0;
    }

    async write(values: Values, weights: Weights = {}): Promise<Values> {
        const config = await pendingConfig(this.stack, this.folder);
        const project = projectName(this.folder);
        const at = placeOfWeights(this.service, weights, mapAt(config, project, "weights"));
        const all = { ...values, ...weightsConfig(this.service, weights, at) };
        return writeConfig(this.stack, project, config, all, this.folder);
    }

    up(message: string): Promise<void> {
        return update(this.stack, this.folder, `upshift: ${message}`, this.updating, (why) =>
            this.tell({ kind: "waits", step: "pulumi up", why }),
        );
    }

    async giveBack(weights: Weights): Promise<void> {
        const { routes, access } = await this.served();
        const live = (await liveWorld(access)).objects.find((one) => identityOf(one) === identityOf(routes));
        // Routes that are gone are made anew by the update.
        if (!live) return;
        const spec = withWeights(routes.body.spec as unknown as VirtualServiceSpec, weights);
        await writeBack(access, {
            applied: { ...routes, body: { ...routes.body, spec: spec as unknown as Value } },
            live,
        });
    }

    async window(compared: Compared): Promise<GateWindow | undefined> {
        const source = (this.source ??= await this.sourceOf(await this.settings()));
        const seconds = Math.max(windowSeconds, source.resolution);
        // The first reading of a step begins its window: there is nothing to wait for.
        if (this.stepOfWindow === compared.step) await this.rest(seconds);
        this.stepOfWindow = compared.step;
        if (this.isInterrupted) return undefined;
        const { host } = await this.hostOf();
        return (this.windows ??= new Windows(seconds)).next(await source.read(host), compared);
    }

    async rest(seconds: number): Promise<void> {
        await after(seconds * 1000, undefined, { signal: this.interruption.signal }).catch(() => undefined);
    }

    get isInterrupted(): boolean {
        return this.interruption.signal.aborted;
    }

    /** Has the driver end after what it is doing: a write is never cut off. */
    interrupt(): void {
        this.interruption.abort();
    }

    close(): void {
        this.callers?.close();
    }

    private known?: Promise<ReleasedService>;

    /** What a service is called in the cluster does not change while it is released. */
    private hostOf(): Promise<ReleasedService> {
        return (this.known ??= this.served());
    }

    private async sourceOf({ prometheus, gate }: ReleaseSettings): Promise<CountSource> {
        const latency = gate.latency !== false;
        if (prometheus) {
            const { url, metrics, scrapeSeconds } = prometheus;
            const kind = metrics === "envoy" ? ProxyMetrics.Envoy : ProxyMetrics.Istio;
            return new PrometheusCounts({ url, metrics: kind, scrapeSeconds, latency });
        }
        const { access } = await this.hostOf();
        const callers = (this.callers = new MeshCallers(access));
        return new ProxyCounts(() => callers.list(), latency);
    }

    private async map(key: string): Promise<Record<string, unknown>> {
        return mapAt(await pendingConfig(this.stack, this.folder), projectName(this.folder), key);
    }
}

/** What the config of a stack says of releases, by service. @param folder of the project, where it is another than this one */
export async function releasesOf(stack: string, folder?: string): Promise<Record<string, unknown>> {
    return mapAt(await pendingConfig(stack, folder), projectName(folder), "release");
}

function mapAt(config: Readonly<Record<string, string>>, project: string, key: string): Record<string, unknown> {
    const text = config[`${project}:${key}`];
    return z.record(z.string(), z.unknown()).safeParse(text === undefined ? {} : JSON.parse(text)).data ?? {};
}

/** Of a project with several services `weights.<service>`, of one with a single one perhaps `weights` itself. */
export function placeOfWeights(
    service: string,
    weights: Weights,
    configured: Readonly<Record<string, unknown>>,
): string {
    const isFlat = !(service in configured) && Object.keys(configured).some((key) => key in weights);
    return isFlat ? "weights" : `weights.${service}`;
}

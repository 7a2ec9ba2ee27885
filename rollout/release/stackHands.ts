import type { z } from "zod";
import { reportProblems } from "../config/report";
import { type DeclaredRelease, declaredRelease, release, type ReleaseSettings } from "./settings";
import { shapeProblems } from "../config/shapeProblems";
import { authorOf } from "../../components/author";
import { projectRoot } from "../../cluster/paths";
import type { Weights } from "../../components/traffic/split/weights";
import { askerOf } from "../gate/checks/askers";
import type { Asker } from "../gate/checks/check";
import type { Check } from "../gate/checks/settings";
import type { CountSource, Reading, VersionCounts } from "../gate/counts";
import { pastSeconds } from "../gate/past";
import type { MeshCallers } from "../gate/sources/meshCallers";
import { type Compared, type CountedWindow, Windows, windowSeconds } from "../gate/windows";
import { pendingConfig } from "../guard/state";
import { projectName } from "../plan/projectName";
import { pulumi, surroundings } from "../pulumi";
import type { FinishHands } from "./finish/finishHands";
import type { Hands, ReleaseEvent } from "./hands";
import { movedAtIn, readHistory } from "./history";
import { releasedService, type ReleasedService } from "./service";
import { configuredIn } from "./shares";
import { StackBase } from "./stackBase";
import type { Updating } from "./update";
import { writeRoutes } from "./writeRoutes";
import { UserError } from "../../components/userError";

/** How far back it is looked when users were moved. */
const mostUpdates = 1_000;

/** The windows of one Service, and the step of the last one. */
interface Counted {
    readonly windows: Windows;
    step?: number;
}

/** The hands of a driver in a real stack. */
export class StackHands extends StackBase implements FinishHands {
    private source?: Promise<CountSource> | undefined;
    private callers?: MeshCallers;
    /** Whether versions are counted by the labels of their pods, and not by their subsets. */
    private isByLabels = false;
    private readonly counted = new Map<string, Counted>();

    /**
     * @param folder of the project, where it is another than this one.
     * @param updating what holds for every update.
     * @param isAnew whether what checks have made for an earlier release of the version counts for nothing.
     */
    constructor(
        stack: string,
        private readonly service: string,
        tell: (event: ReleaseEvent) => void,
        folder?: string,
        updating: Updating = {},
        private readonly isAnew = false,
    ) {
        super(stack, tell, folder, updating);
    }

    async settings(): Promise<ReleaseSettings> {
        const given = (await this.map("release"))[this.service];
        const declared = declaredRelease.safeParse(given ?? {});
        if (declared.success && declared.data.to === undefined)
            throw new UserError({
                what: `The config says nothing of a release of ${this.service}.`,
                fix: `npx upshift release ${this.service}${this.where} --to VERSION`,
            });
        return settingsOf(this.service, given, this.folder);
    }

    async declared(): Promise<DeclaredRelease> {
        return declaredSettingsOf(this.service, (await this.map("release"))[this.service] ?? {}, this.folder);
    }

    async movedAt(): Promise<number | undefined> {
        const printed = await readHistory((args) => pulumi(args, this.folder), this.stack, mostUpdates);
        return movedAtIn(printed, projectName(this.folder), this.service);
    }

    served(): Promise<ReleasedService> {
        return releasedService(this.stack, this.service, this.folder);
    }

    /** Whether the config has a canary header, whoever it leads to. */
    async hasHeader(): Promise<boolean> {
        return Object.keys(await this.map("canaryHeader")).length > 0;
    }

    /** Who gives this command, as CI, the config's `author` or `$USER` has it. */
    async author(): Promise<string | undefined> {
        const config = await pendingConfig(this.stack, this.folder);
        return authorOf(config[`${projectName(this.folder)}:author`]);
    }

    giveBack(weights: Weights, served: ReleasedService): Promise<void> {
        return writeRoutes(served, weights);
    }

    async past(version: string, host: ReleasedService["host"]): Promise<readonly VersionCounts[]> {
        const source = await this.counts();
        return (await source.past?.(host, version, pastSeconds)) ?? [];
    }

    async window(compared: Compared, host: ReleasedService["host"]): Promise<CountedWindow | undefined> {
        const source = await this.counts().catch(async (error: unknown) => {
            // A look that finds nobody to ask takes as long as any other: the next one follows at once.
            await this.rest(windowSeconds({ resolution: 0 }));
            throw error;
        });
        const seconds = windowSeconds(source);
        const at = `${host.name}.${host.namespace}`;
        const counted = this.counted.get(at) ?? { windows: new Windows(seconds) };
        this.counted.set(at, counted);
        // The first reading of a step begins its window: there is nothing to wait for.
        if (counted.step === compared.step) await this.rest(seconds);
        counted.step = compared.step;
        if (this.isInterrupted) return undefined;
        const reading = await source.read(host);
        if (this.isByLabels) checkNamed(reading, compared, { host: at, service: this.service, source: source.name });
        return counted.windows.next(reading, compared);
    }

    async prove(served: Parameters<NonNullable<Hands["prove"]>>[0], to: string): Promise<Record<string, number>> {
        const { proveChain } = await import("./chain/prove");
        const { probe } = await this.settings();
        return proveChain(served, to, probe, `npx upshift release ${this.service}${this.where}`);
    }

    asker(check: Check, index: number, { prometheus }: ReleaseSettings): Asker {
        return askerOf(check, {
            at: `release.${this.service}.checks[${index}]`,
            folder: this.folder ?? projectRoot(),
            prometheus: prometheus?.url,
            surroundings: () => surroundings(this.folder),
            access: async () => (await this.hostOf()).access,
            isAnew: this.isAnew,
        });
    }

    close(): void {
        this.callers?.close();
    }

    private known?: Promise<ReleasedService> | undefined;

    /** What a service is called in the cluster does not change while it is released. What could not be read is asked for again. */
    private hostOf(): Promise<ReleasedService> {
        return (this.known ??= this.served().catch((error: unknown) => {
            this.known = undefined;
            throw error;
        }));
    }

    /** One that could not be made is made anew at the next look: the config may be readable again by then. */
    private counts(): Promise<CountSource> {
        return (this.source ??= this.settings()
            .then((settings) => this.sourceOf(settings))
            .catch((error: unknown) => {
                this.source = undefined;
                throw error;
            }));
    }

    private async sourceOf({ prometheus, gate }: ReleaseSettings): Promise<CountSource> {
        const latency = gate.latency !== false;
        // Loaded where something is counted: the way back counts nothing, and waits for nothing.
        if (prometheus) {
            const { prometheusCounts } = await import("../gate/sources/prometheus");
            this.isByLabels = prometheus.metrics === "istio";
            const { chain, metricNames } = await this.hostOf();
            const named = this.isByLabels && !chain ? metricNames?.() : undefined;
            return prometheusCounts(prometheus, latency, named);
        }
        const [{ access }, { ProxyCounts }, { MeshCallers }] = await Promise.all([
            this.hostOf(),
            import("../gate/sources/proxies"),
            import("../gate/sources/meshCallers"),
        ]);
        const callers = (this.callers = new MeshCallers(access));
        return new ProxyCounts(() => callers.list(), latency);
    }

    private map(key: string): Promise<Record<string, unknown>> {
        return configuredIn(this.stack, key, this.folder);
    }
}

/** @throws where requests are counted, and none of a version by its name: then none says anything of it, however many come */
function checkNamed(
    { callers }: Reading,
    { canary, stable }: Compared,
    { host, service, source }: { readonly host: string; readonly service: string; readonly source: string },
): void {
    const counted = new Set(
        callers.flatMap(({ versions }) => Object.keys(versions).filter((one) => one !== "" && one !== "unknown")),
    );
    if (counted.size === 0 || counted.has(canary) || counted.has(stable ?? canary)) return;
    const asked = [canary, ...(stable === undefined ? [] : [stable])].join(" and ");
    throw new UserError({
        what: `${source} counts requests to ${[...counted].sort().join(", ")} of ${host}, and calls none of them ${asked}: Istio's metrics name a version by a label of its pods.`,
        fix: `where it has the proxies' own metrics: pulumi config set --path release.${service}.prometheus.metrics envoy; else give the pods the label version: NAME`,
    });
}

/** `release.<service>`, as the config has it. @throws with every problem of it */
export function settingsOf(service: string, given: unknown, folder?: string): ReleaseSettings {
    return readSettings(release, service, given, folder);
}

/** The same of a service whose config need not ask for a release. */
export function declaredSettingsOf(service: string, given: unknown, folder?: string): DeclaredRelease {
    return readSettings(declaredRelease, service, given, folder);
}

function readSettings<Settings>(
    schema: z.ZodType<Settings>,
    service: string,
    given: unknown,
    folder?: string,
): Settings {
    const read = schema.safeParse(given);
    if (read.success) return read.data;
    const problems = shapeProblems(read.error.issues, given, `release.${service}`);
    throw new Error(reportProblems(projectName(folder), problems));
}

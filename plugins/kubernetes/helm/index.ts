import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { CancelledError, causeText, PartialFailure } from "../errors";
import { parseId, stringAt } from "../objects";
import type { Outcome, Target, Workplace } from "../operation";
import { plain, type Properties } from "../values";
import { chartArguments, installArguments, upgradeArguments, waiting } from "./arguments";
import { resourceNames } from "./manifest";
import { HelmError, isNoRelease, type Helm } from "./program";
import { checkpointRelease, releaseInputs, type LiveRelease } from "./release";
import { storedRelease, type StoredRelease } from "./stored";

export const releaseType = "kubernetes:helm.sh/v3:Release";

export interface HelmPlace extends Pick<Workplace, "engine" | "client"> {
    helm: Helm;
}

/** The version of the chart that inputs name: of a folder as it is, of anything else as helm finds it. */
export async function chartVersion(inputs: Properties, helm: Helm): Promise<string> {
    const { parse } = await import("yaml");
    const { args, chart } = chartArguments(inputs);
    const file = path.join(chart, "Chart.yaml");
    const isLocal =
        !stringAt(inputs, "repositoryOpts", "repo") && (await fs.stat(file).catch(() => undefined)) !== undefined;
    if (!isLocal && (path.isAbsolute(chart) || chart.startsWith("."))) await fs.access(chart);
    const text = isLocal ? await fs.readFile(file, "utf8") : await helm.run(["show", "chart", chart, ...args]);
    return stringAt(parse(text) as Properties, "version");
}

/** Installs a chart. What a killed run of its own has left half done is cleared away first; a release of somebody else is an error. */
export async function createRelease(
    target: Target,
    news: Properties,
    isPreview: boolean,
    place: HelmPlace,
): Promise<Outcome> {
    if (isPreview) return { id: "", state: checkpointRelease(news) };
    const inputs = plain(news);
    const { name, namespace, id } = identity(inputs);
    const left = await storedRelease(place.client, name, namespace, place.helm.driver);
    // Of a later revision an earlier one was deployed: that is no installation of ours which was cut short.
    const wasCutShort = left && isBegunFor(target, left) && left.status !== "deployed" && left.revision === 1;
    // Who asks helm to replace a release has it decide which.
    if (left && !wasCutShort && inputs.replace !== true) {
        throw new Error(
            `There is a release ${name} in ${namespace} already. To manage it with Pulumi: pulumi import ${target.type} NAME ${id}; to get rid of it: helm uninstall ${name} -n ${namespace}`,
        );
    }
    if (wasCutShort) await clearAway(left, target, place);
    return install(target, news, place);
}

/** Upgrades a release; one that hangs in the middle of a change is put right first. */
export async function updateRelease(
    target: Target,
    news: Properties,
    isPreview: boolean,
    place: HelmPlace,
): Promise<Outcome> {
    if (isPreview) return { id: "", state: checkpointRelease(news) };
    const inputs = plain(news);
    const { name, namespace } = identity(inputs);
    const live = await storedRelease(place.client, name, namespace, place.helm.driver);
    if (live?.status === "pending-install") {
        await clearAway(live, target, place);
        return install(target, news, place);
    }
    if (live?.status.startsWith("pending-")) {
        place.engine.log(
            target.urn,
            "warning",
            `The release was left ${live.status} by an earlier run: it is rolled back first.`,
        );
        await place.helm.run(["rollback", name, "--namespace", namespace]);
    }
    return change(news, "updated", ["upgrade", name], upgradeArguments(inputs), () => true, place);
}

/** Reads a release for a refresh or an import. One whose installation never ended is not there yet: `createRelease` begins it anew. */
export async function readRelease(id: string, state: Properties, place: HelmPlace): Promise<Outcome> {
    const old = releaseInputs(state);
    const { name, namespace } = old ? identity(plain(old)) : parseId(id);
    const release = await storedRelease(place.client, name, namespace, place.helm.driver);
    if (!release || release.status === "pending-install") return { id: "" };
    const inputs = old ?? {
        name,
        namespace,
        chart: release.chart.name,
        version: release.chart.version,
        values: release.values,
    };
    return {
        id,
        inputs,
        state: checkpointRelease(inputs, { release, resourceNames: await resourceNames(release.manifest) }),
    };
}

/** Uninstalls a release and waits until its objects are gone. One that is gone already is fine. */
export async function deleteRelease(state: Properties, place: HelmPlace): Promise<void> {
    const inputs = plain(releaseInputs(state) ?? state);
    const { name, namespace } = identity(inputs);
    try {
        await place.helm.run(["uninstall", name, "--namespace", namespace, ...waiting(inputs, ["--wait"])]);
    } catch (error) {
        if (!isNoRelease(error)) throw error;
    }
}

/** The label of a release that says for which resource it was begun. Helm hands it on to later revisions. */
export const resourceLabel = "upshift.dev/resource";

/** The label's value. A URN has colons and is too long for one. */
export function resourceMark(urn: string): string {
    return createHash("sha256").update(urn).digest("hex").slice(0, 40);
}

/** Whether a release is this resource's own work, and not that of somebody who has given theirs the same name. */
function isBegunFor({ urn }: Target, { labels }: StoredRelease): boolean {
    return labels[resourceLabel] === resourceMark(urn);
}

async function install(target: Target, news: Properties, place: HelmPlace): Promise<Outcome> {
    const inputs = plain(news);
    const options = [...installArguments(inputs), "--labels", `${resourceLabel}=${resourceMark(target.urn)}`];
    const isOurs = (left: StoredRelease): boolean => isBegunFor(target, left);
    return change(news, "created", ["install", identity(inputs).name], options, isOurs, place);
}

/** Runs the change; when helm fails after the release came to be, it is kept in the state as failed. One that somebody else made meanwhile is not. */
async function change(
    news: Properties,
    verb: string,
    command: readonly string[],
    options: readonly string[],
    isOurs: (left: StoredRelease) => boolean,
    place: HelmPlace,
): Promise<Outcome> {
    const inputs = plain(news);
    const { name, namespace, id } = identity(inputs);
    const { args, chart } = chartArguments(inputs);
    const save = async (release: LiveRelease): Promise<Properties> =>
        checkpointRelease(news, { release, resourceNames: await resourceNames(release.manifest) });
    try {
        const release = await place.helm.change(
            [...command, chart, "--namespace", namespace, ...args, ...options],
            inputs.values ?? {},
        );
        return { id, state: await save(release) };
    } catch (error) {
        if (!(error instanceof HelmError || error instanceof CancelledError)) throw error;
        const left =
            error instanceof HelmError
                ? await storedRelease(place.client, name, namespace, place.helm.driver).catch(() => undefined)
                : undefined;
        if (!left || left.status === "deployed" || !isOurs(left)) throw error;
        const message = `Helm release "${id}" was ${verb}, but failed to initialize completely. Use Helm CLI to investigate: failed to become available within allocated timeout. Error: Helm Release ${id}: ${causeText(error)}`;
        throw new PartialFailure(message, id, await save(left), [message]);
    }
}

async function clearAway(
    { name, namespace, status }: LiveRelease,
    { urn }: Target,
    { helm, engine }: HelmPlace,
): Promise<void> {
    engine.log(urn, "warning", `The release was left ${status} by an earlier run: it is uninstalled first.`);
    await helm.run(["uninstall", name, "--namespace", namespace, "--no-hooks", "--wait"]);
}

function identity(inputs: Properties): { name: string; namespace: string; id: string } {
    const [name, namespace] = [stringAt(inputs, "name"), stringAt(inputs, "namespace")];
    return { name, namespace, id: namespace ? `${namespace}/${name}` : name };
}

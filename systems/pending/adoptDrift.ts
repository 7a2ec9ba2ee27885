import { Refused } from "../../cluster/refused";
import { driftCommands, type ForeignEdit, isAdopted } from "../../components/split/foreignEdits";
import { replicasFor } from "../../components/traffic/split/replicas";
import { weightsIn } from "../../components/traffic/split/routes";
import { ServiceStrategy } from "../../components/traffic/split/strategy";
import type { Weights } from "../../components/traffic/split/weights";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { identityOf } from "../../components/traffic/world/objects";
import { numberAt } from "../../components/traffic/world/values";
import { loadSettings } from "../config/load";
import { proposalOf } from "./proposal";
import { setConfig } from "../../rollout/stack";
import { weightsConfig } from "../../rollout/weightsConfig";
import { nothingToDecide } from "../../rollout/drift/seen";
import { seenByConfig, type SeenByConfig } from "./seenByConfig";
import type { UserProblem } from "../../components/userError";

/** Values of a config file, by path. */
type Values = Readonly<Record<string, string | number>>;

/**
 * Writes into the stack's config file what somebody else has made of a service in the cluster, so that the next `up` says the same.
 * Nobody is moved by that.
 *
 * @returns what was done, in words.
 * @throws when the config can't say it: then nothing is written.
 */
export async function adoptDrift(stack: string, service: string): Promise<string> {
    const found = await seenByConfig(stack, service);
    if (found.edits.length === 0) return nothingToDecide(service);
    const values = valuesFor(service, found);
    const left = values ? found.edits.filter((edit) => !says(stack, values, found, edit)) : found.edits;
    if (!values || left.length > 0) throw new Refused(cannotSay(stack, service, left));
    await setConfig(stack, values);
    const lines = Object.entries(values).map(([path, value]) => `  ${path}: ${value}`);
    return [
        `Pulumi.${stack}.yaml has what the cluster serves:`,
        ...lines,
        `The next update moves nobody, and makes the state say so, too: pulumi up --stack ${stack}`,
    ].join("\n");
}

/** What the config has to say for the live objects; undefined where it has no words for any of it. */
export function valuesFor(
    service: string,
    { settings, live, edits }: Pick<SeenByConfig, "settings" | "live" | "edits">,
): Values | undefined {
    const own = settings.services[service];
    if (own?.strategy === ServiceStrategy.Replicas) {
        const pods = own.versions.map((version) => {
            const found = live.objects.find(
                ({ kind, name }) => kind === "Deployment" && name === `${service}-${version}`,
            );
            return [version, (found && numberAt(found.body, "spec", "replicas")) ?? 0] as const;
        });
        const total = pods.reduce((sum, [, count]) => sum + count, 0);
        const weights = total > 0 ? weightsFor(Object.fromEntries(pods), total, own.versions) : undefined;
        return weights && { [`total.${service}`]: total, ...weightsConfig(service, weights) };
    }
    const routes = edits.find(({ live }) => live.kind === "VirtualService");
    if (!routes) return undefined;
    const weights = weightsIn(routes.live.body.spec as unknown as VirtualServiceSpec);
    return Object.keys(weights).length > 0 ? weightsConfig(service, weights) : undefined;
}

/** Whole percents that sum to 100 and lead to these numbers of pods. */
function weightsFor(
    counts: Readonly<Record<string, number>>,
    total: number,
    versions: readonly string[],
): Weights | undefined {
    const floors = versions.map((version) => [version, Math.floor((100 * (counts[version] ?? 0)) / total)] as const);
    const rest = 100 - floors.reduce((sum, [, percent]) => sum + percent, 0);
    const largest = versions.reduce(
        (most, one) => ((counts[one] ?? 0) > (counts[most] ?? 0) ? one : most),
        versions[0] ?? "",
    );
    const weights = Object.fromEntries(
        floors.map(([version, percent]) => [version, percent + (version === largest ? rest : 0)]),
    );
    const found = replicasFor(weights, total, versions).counts;
    return versions.every((version) => (found[version] ?? 0) === (counts[version] ?? 0)) ? weights : undefined;
}

/** Whether the config with these values serves everybody as the edited object does. */
function says(stack: string, values: Values, { config, state, live }: SeenByConfig, edit: ForeignEdit): boolean {
    try {
        const { objects } = proposalOf(loadSettings("upshift", stack, withValues(config, values)), state.objects);
        return isAdopted(edit, live, objects);
    } catch {
        // Weights that no config may have, such as ones that do not sum to 100.
        return false;
    }
}

/** A config with other values, as Pulumi hands it over. */
function withValues(config: Readonly<Record<string, string>>, values: Values): Record<string, string> {
    const all = structuredClone(config) as Record<string, string>;
    for (const [path, value] of Object.entries(values)) {
        const [key = "", service = "", version] = path.split(".");
        const map = JSON.parse(all[`upshift:${key}`] ?? "{}") as Record<string, unknown>;
        map[service] = version === undefined ? value : { ...(map[service] as object), [version]: value };
        all[`upshift:${key}`] = JSON.stringify(map);
    }
    return all;
}

function cannotSay(stack: string, service: string, left: readonly ForeignEdit[]): UserProblem {
    const what = left
        .map(({ live, by }) => `${identityOf(live).split("/").slice(1).join("/")} (written by ${by})`)
        .join(", ");
    const [, restore] = driftCommands(service, { project: "upshift", stack });
    return {
        what: `The config has no words for all that the cluster does now: ${what} holds more than weights. Nothing was written.`,
        fix: restore,
    };
}

import { z } from "zod";
import { mirrorIn, type VirtualServiceSpec, weightsIn } from "../../components/traffic/split/routes";
import { marksOf } from "../../components/traffic/world/marks";
import type { Body } from "../../components/traffic/world/values";
import type { Found, Role } from "./scenario";

/** The service of the scenarios, as its objects have it. */
export interface Live {
    readonly weights: Readonly<Record<string, number>>;
    readonly stable: string | undefined;
    readonly rules: readonly string[];
    /** Labels of the subsets. */
    readonly subsets: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly mirror: { readonly to: string; readonly percent?: number | undefined } | undefined;
    /** Available pods by version. */
    readonly pods: Readonly<Record<string, number>>;
    /** The tag of each version's image, as its Deployment has it. */
    readonly images: Readonly<Record<string, string>>;
}

/**
 * Reads a list of objects, as `kubectl get -o json` prints it.
 *
 * @throws where a VirtualService or a DestinationRule is missing, or there are several.
 */
export function liveIn(printed: string): Live {
    const { items } = list.parse(JSON.parse(printed));
    const only = (kind: string): z.infer<typeof object> => {
        const [first, ...others] = items.filter((one) => one.kind === kind);
        if (first && others.length === 0) return first;
        throw new Error(`There are ${first ? others.length + 1 : 0} objects of kind ${kind}, and one is meant.`);
    };
    const routes = only("VirtualService");
    const spec = routes.spec as unknown as VirtualServiceSpec;
    const { subsets = [] } = only("DestinationRule").spec as { subsets?: { name: string; labels: Labels }[] };
    const deployments = items.filter(({ kind }) => kind === "Deployment").map((one) => deployment.parse(one));
    return {
        weights: weightsIn(spec),
        stable: marksOf(routes as unknown as Body).stable,
        rules: (spec.http ?? []).map(({ name = "" }) => name),
        subsets: Object.fromEntries(subsets.map(({ name, labels }) => [name, labels])),
        mirror: mirrorIn(spec),
        pods: Object.fromEntries(deployments.map((one) => [versionOf(one), one.status?.availableReplicas ?? 0])),
        images: Object.fromEntries(deployments.map((one) => [versionOf(one), tagOf(one)])),
    };
}

/**
 * What is not as a step of a scenario has it.
 *
 * @returns sentences; none where all is well.
 */
export function differences(found: Found, live: Live, cast: Readonly<Record<Role, string>>): string[] {
    const byVersion = <T>(of: Readonly<Partial<Record<Role, T>>>): Record<string, T> =>
        Object.fromEntries(Object.entries(of).map(([role, value]) => [cast[role as Role], value]));
    const { stable = "old", rules = ["weighted"], subsets = ["old", "new"] as const, mirror, pods, images } = found;
    const labels = Object.fromEntries(subsets.map((role) => [cast[role], { version: cast[role] }]));
    const compared: readonly (readonly [string, unknown, unknown])[] = [
        ["the weights are", withoutZeros(byVersion(found.weights)), withoutZeros(live.weights)],
        ["stable is", cast[stable], live.stable],
        ["the rules are", rules, live.rules],
        ["the subsets are", labels, live.subsets],
        ["copies go to", mirror === undefined ? undefined : { to: cast.new, percent: mirror }, live.mirror],
        ["available pods are", pods && byVersion(pods), pods && only(live.pods, Object.keys(byVersion(pods)))],
        ["images are", images && byVersion(images), images && only(live.images, Object.keys(byVersion(images)))],
    ];
    return compared.flatMap(([what, wanted, seen]) =>
        text(wanted) === text(seen) ? [] : [`${what} ${text(seen)}, and not ${text(wanted)}`],
    );
}

type Labels = Record<string, string>;

const object = z.looseObject({ kind: z.string(), metadata: z.looseObject({}), spec: z.looseObject({}) });
const list = z.object({ items: z.array(object) });
const deployment = z.object({
    spec: z.object({
        template: z.object({
            metadata: z.object({ labels: z.object({ version: z.string() }) }),
            spec: z.object({ containers: z.array(z.object({ image: z.string() })).min(1) }),
        }),
    }),
    status: z.object({ availableReplicas: z.number().optional() }).optional(),
});
type Deployment = z.infer<typeof deployment>;

function versionOf({ spec }: Deployment): string {
    return spec.template.metadata.labels.version;
}

function tagOf({ spec }: Deployment): string {
    return spec.template.spec.containers[0]?.image.split(":").at(-1) ?? "";
}

/** A version that has no users may be named with 0, or not at all. */
function withoutZeros(weights: Readonly<Record<string, number>>): Record<string, number> {
    return Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight > 0));
}

function only<T>(all: Readonly<Record<string, T>>, versions: readonly string[]): Record<string, T | undefined> {
    return Object.fromEntries(versions.map((version) => [version, all[version]]));
}

/** Keys in one order, so that what is equal reads equal. */
function text(value: unknown): string {
    return JSON.stringify(value, (_, one: unknown) =>
        typeof one === "object" && one !== null && !Array.isArray(one)
            ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
            : one,
    );
}

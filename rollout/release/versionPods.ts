import { fullHost } from "../../components/traffic/world/hosts";
import type { Placed } from "../../components/traffic/world/objects";
import { bodiesAt, textAt } from "../../components/traffic/world/values";
import { stateWorld, subsetOf, workloadsBehind } from "../../components/traffic/world/world";
import type { ImagesOf } from "./plan";
import type { RoutedService } from "./chain/chain";

/** The images of each version's containers, as far as the stack's own workloads say it. */
export function imagesOf(objects: readonly Placed[], served: Pick<RoutedService, "host" | "weights">): ImagesOf {
    const images = behindEach(objects, served).flatMap(({ version, workloads }): [string, string][] => {
        const all = workloads.flatMap(({ body }) => bodiesAt(body, "spec", "template", "spec", "containers"));
        const named = [...new Set(all.flatMap((container) => textAt(container, "image") ?? []))].sort();
        return named.length === 0 ? [] : [[version, named.join(" and ")]];
    });
    return Object.fromEntries(images);
}

/**
 * Versions by what Istio's metrics call them: by a label of their pods, where the routes go by the name of a subset. Only those that
 * have another name there.
 */
export function metricNames(
    objects: readonly Placed[],
    served: Pick<RoutedService, "host" | "weights">,
): ReadonlyMap<string, string> {
    const named = behindEach(objects, served).flatMap(({ version, labels, workloads }): [string, string][] => {
        const [body] = workloads.map((one) => one.body);
        const labelled = (key: string): string | undefined =>
            (body && textAt(body, "spec", "template", "metadata", "labels", key)) ?? labels[key];
        const name = revisionLabels.map(labelled).find((one) => one !== undefined);
        return name === undefined || name === version ? [] : [[name, version]];
    });
    // A name that two versions have tells them not apart.
    const all = named.map(([name]) => name);
    return new Map(named.filter(([name]) => all.indexOf(name) === all.lastIndexOf(name) && !(name in served.weights)));
}

/** The labels by which Istio's proxies call a pod's version, the first that it has. */
const revisionLabels = ["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"];

/** Each version with its subset's labels and the stack's own workloads behind it. */
function behindEach(
    objects: readonly Placed[],
    { host: { name, namespace }, weights }: Pick<RoutedService, "host" | "weights">,
): { version: string; labels: Readonly<Record<string, string>>; workloads: Placed[] }[] {
    const world = stateWorld(objects, undefined);
    const host = fullHost(name, namespace);
    return Object.keys(weights).map((version) => {
        const { labels } = subsetOf(world, host, version) ?? {};
        const behind = labels ? workloadsBehind(world, host, labels) : [];
        const workloads = objects.filter((one) => behind.some(({ kind, id }) => isOf(one, kind, id)));
        return { version, labels: labels ?? {}, workloads };
    });
}

function isOf({ kind, namespace, name }: Placed, ofKind: string, id: string): boolean {
    return kind === ofKind && `${namespace}/${name}` === id;
}

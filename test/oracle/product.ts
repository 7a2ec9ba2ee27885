import { decide } from "../../components/traffic/effect/decide";
import { effectOf } from "../../components/traffic/effect/effect";
import { type Caller, kindOf } from "../../components/traffic/effect/matching";
import type { Outcome } from "../../components/traffic/effect/share";
import { placed, type Placed } from "../../components/traffic/world/objects";
import { type Body, numberAt } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import type { Manifest, Request, World as Manifests } from "./manifest";

/** Manifests as the product reads them. Worlds don't change: one is read once. */
export function productWorld(manifests: Manifests): World {
    const world = read.get(manifests) ?? worldOf(manifests, () => undefined);
    read.set(manifests, world);
    return world;
}

/** The same after a step, as a program's proposals are laid over what there is: what stays as it was is the same object. */
export function steppedWorld(manifests: Manifests, before: World): World {
    const there = new Map(before.objects.map((one) => [JSON.stringify(one.body), one]));
    return worldOf(manifests, (one) => there.get(JSON.stringify(one)));
}

function worldOf(manifests: Manifests, known: (one: Manifest) => Placed | undefined): World {
    const objects = manifests.map((one) => known(one) ?? placed(one.kind, one as unknown as Body, readyIn(one)));
    return { objects, isWhole: true };
}

/** A step is judged by the pods that there shall be: that some are not ready at a moment moves users, and is nobody's step. */
export function settled(manifests: Manifests): Manifests {
    return manifests.map((one) => {
        const replicas = numberAt(one as unknown as Body, "spec", "replicas");
        return replicas === undefined ? one : { ...one, status: { replicas, readyReplicas: replicas } };
    });
}

/** What the product says of a request: percents by what an answer shows, the workload or the status where no pod answers. */
export function productSays(manifests: Manifests, { caller, host, ...request }: Request): Map<string, number> {
    const world = productWorld(manifests);
    const asked = { host, ...request };
    const sender: Caller =
        "gateway" in caller
            ? { gateway: caller.gateway, namespace: caller.gateway.split("/")[0] ?? "", labels: {} }
            : caller;
    const { host: full } = decide(world, sender, asked);
    const place = { host: full, entry: sender.gateway ?? "mesh", protocol: "http" as const, from: sender.namespace };
    const sums = new Map<string, number>();
    for (const { outcome, percent } of effectOf(world, place, kindOf(asked, sender)))
        sums.set(seen(outcome), (sums.get(seen(outcome)) ?? 0) + percent);
    return sums;
}

/** What one sees of an outcome from outside: who answers, or with what status nobody does. */
function seen({ name, pods, ready, fails }: Outcome): string {
    if (pods) return pods.workload;
    if (ready === 0 || name.endsWith("(no such subset)")) return "status 503";
    const status = /\b[1-5]\d\d\b/.exec(name)?.[0];
    return status === undefined ? `${fails ?? "unknown"}: ${name}` : `status ${status}`;
}

function readyIn(manifest: Manifest): { readyPods?: number } {
    const ready = numberAt(manifest as unknown as Body, "status", "readyReplicas");
    return ready === undefined ? {} : { readyPods: ready };
}

const read = new WeakMap<Manifests, World>();

import { KubeConfig, KubernetesObjectApi, PatchStrategy, type KubernetesObject } from "@kubernetes/client-node";
import { clusterDir } from "../../../cluster/embedded/layout";
import { idOf, type Manifest, type World } from "../manifest";

/** How many writes are under way at once: the API server has two cores like everything else. */
const atOnce = 8;

/** Worlds in a cluster, as they are applied and read back. */
export class AppliedWorlds {
    private readonly api: KubernetesObjectApi;

    constructor(cluster: string) {
        const config = new KubeConfig();
        config.loadFromFile(clusterDir(cluster, "kubeconfig"));
        this.api = KubernetesObjectApi.makeApiClient(config);
    }

    /** Server-side: what a manifest no longer says goes away. @throws with the object that was refused */
    async apply(manifests: readonly Manifest[]): Promise<void> {
        await side(manifests, async (manifest) => {
            const metadata = { ...manifest.metadata, creationTimestamp: undefined };
            const object = { ...manifest, metadata, status: undefined } as object as KubernetesObject;
            const options = [undefined, undefined, "oracle", true, PatchStrategy.ServerSideApply] as const;
            await this.api.patch(object, ...options).catch((error: Error) => {
                throw new Error(`refused: ${JSON.stringify(object)}\n${error.message}`);
            });
        });
    }

    async remove(manifests: readonly Manifest[]): Promise<void> {
        await side(manifests, async (manifest) => {
            await this.api.delete(manifest as object);
        });
    }

    /** When each VirtualService was made: the cluster decides that, and the oldest counts. */
    async ages(namespace: string): Promise<ReadonlyMap<string, string>> {
        const { items } = await this.api.list("networking.istio.io/v1", "VirtualService", namespace);
        return new Map(
            items.map(({ metadata }) => [
                `${metadata?.namespace}/${metadata?.name}`,
                new Date(metadata?.creationTimestamp ?? 0).toISOString(),
            ]),
        );
    }

    /** `name → cluster address` of a namespace's Services. */
    async addresses(namespace: string): Promise<ReadonlyMap<string, string>> {
        const { items } = await this.api.list("v1", "Service", namespace);
        const ipOf = (one: object): string => (one as { spec?: { clusterIP?: string } }).spec?.clusterIP ?? "";
        return new Map(items.map((one) => [one.metadata?.name ?? "", ipOf(one)]));
    }
}

/** The world with its VirtualServices as old as they are. */
export function aged(world: World, ages: ReadonlyMap<string, string>): World {
    return world.map((one) => {
        if (one.kind !== "VirtualService") return one;
        return { ...one, metadata: { ...one.metadata, creationTimestamp: ages.get(idOf(one)) } };
    });
}

/** What is to be written and what is to be removed on the way from one world to the next. */
export function difference(before: World, after: World): { written: Manifest[]; removed: Manifest[] } {
    const key = (one: Manifest): string => `${one.kind} ${idOf(one)}`;
    const old = new Map(before.map((one) => [key(one), one]));
    const kept = new Set(after.map(key));
    return {
        written: after.filter((one) => JSON.stringify(old.get(key(one))) !== JSON.stringify(one)),
        removed: before.filter((one) => !kept.has(key(one))),
    };
}

async function side<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
    const left = [...items];
    const worker = async (): Promise<void> => {
        for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
}

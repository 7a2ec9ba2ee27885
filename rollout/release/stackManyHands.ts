import { liveRoutes } from "../../components/mesh/live";
import { weightsIn } from "../../components/traffic/split/routes";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { UserError } from "../../components/userError";
import { applied, type Applied } from "../applied";
import { type Split, splitsOf } from "../splits";
import { undecided } from "./chain/chain";
import type { WeightsOf } from "./hands";
import { forAll, type ManyHands, type Services, type Unmovable } from "./manyHands";
import { accessOf, type ReleasedService, routesOf, whereaboutsOf } from "./service";
import type { ReleaseSettings } from "./settings";
import { StackBase } from "./stackBase";
import { writeRoutes } from "./writeRoutes";

/** The hands of a verb that is about several services of a stack. */
export class StackManyHands extends StackBase implements ManyHands {
    served(): Promise<Services> {
        return servicesOf(this.stack, this.folder);
    }

    async settings(): Promise<Record<string, ReleaseSettings | Error>> {
        const { releasesOf } = await import("./releases");
        return releasesOf(this.stack, this.folder);
    }

    async groupOf(service: string): Promise<string[]> {
        const [{ groupOf }, { declaredIn }] = await Promise.all([import("./group"), import("./shares")]);
        return groupOf(service, await declaredIn(this.stack, this.folder));
    }

    async live({ services }: Services): Promise<WeightsOf> {
        const all = Object.entries(services).map(async ([service, { access, routes }]) => {
            const live = await liveRoutes(access, routes.namespace, routes.name);
            return live ? [[service, weightsIn(live.body.spec as unknown as VirtualServiceSpec)] as const] : [];
        });
        return Object.fromEntries((await Promise.all(all)).flat());
    }

    async asked({ services }: Services): Promise<WeightsOf> {
        const { askedShares } = await import("./shares");
        return askedShares(this.stack, Object.values(services), this.folder);
    }

    async header(): Promise<Record<string, string>> {
        const { configuredIn } = await import("./shares");
        const found = await configuredIn(this.stack, "canaryHeader", this.folder);
        return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, String(value)]));
    }

    giveBack(weights: WeightsOf, { services }: Services): Promise<void> {
        return forAll(weights, async (service, own) => {
            const served = services[service];
            if (served) await writeRoutes(served, own);
        });
    }
}

/**
 * Every service that a stack splits, by one look at its state.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when the stack splits none, or its state names no cluster.
 */
export async function servicesOf(stack: string, folder?: string): Promise<Services> {
    const state = await applied(stack, folder);
    return servicesIn(state, splitsOf(stack, state), accessOf(stack, state));
}

/** The same of a state that was read already. */
export function servicesIn(
    state: Pick<Applied, "objects">,
    splits: readonly Split[],
    access: ReleasedService["access"],
): Services {
    const services: Record<string, ReleasedService> = {};
    const others: Unmovable[] = [];
    for (const split of splits) {
        const { service, stable, routes } = split;
        try {
            onlyOnce(split, splits);
            const decides = routesOf(state.objects, split);
            const idle = undecided(service, decides, state.objects);
            // An edge that decides for nobody has nobody off stable, wherever it leads.
            if (idle) others.push({ service, stable, weights: { [stable]: 100 }, why: idle.message });
            else services[service] = { ...whereaboutsOf(service, decides, state.objects), access };
        } catch (error) {
            others.push({ service, stable, weights: routes.weights, why: (error as Error).message });
        }
    }
    return { services, others };
}

/** @throws where config has one name for several: what is written for one would move the others. */
function onlyOnce({ service }: Split, splits: readonly Split[]): void {
    const same = splits.filter((one) => one.service === service);
    if (same.length < 2) return;
    throw new UserError({
        what: `${service} is split in ${same.length} places (${same.map(({ at, place }) => at ?? place.host).join(", ")}), and the config has one name for them.`,
        fix: `give each a name of its own in the program: new TrafficSplit(NAME, …)`,
    });
}

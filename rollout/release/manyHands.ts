import { closest } from "fastest-levenshtein";
import { UserError } from "../../components/userError";
import type { Weights } from "../../components/traffic/split/weights";
import type { Given, ReleaseEvent, Stop, Values, WeightsOf } from "./hands";
import { type Member, servedNow } from "./members";
import type { ReleaseSettings } from "./settings";
import type { ReleasedService } from "./service";

/** A service that a stack splits, and no verb can move. */
export interface Unmovable {
    readonly service: string;
    /** The version that a rollback returns to. */
    readonly stable: string;
    readonly weights: Weights;
    /** Why, with what to do instead. */
    readonly why: string;
}

/** What a stack splits, as it is applied. */
export interface Services {
    readonly services: Readonly<Record<string, ReleasedService>>;
    readonly others: readonly Unmovable[];
}

/** What `Hands` do for one service, for several of a stack at once: one write of the config, and one update. */
export interface ManyHands extends BackHands {
    /** `release` as the config has it, by service: an error for what can't be meant. */
    settings(): Promise<Readonly<Record<string, ReleaseSettings | Error>>>;
    /** The services that are released as one with a service, as the config has it, itself first. */
    groupOf(service: string): Promise<readonly string[]>;
    /** The weights that the cluster has, which somebody else may have moved; none of a service whose routes are gone. @throws when it does not answer */
    live(of: Services): Promise<WeightsOf>;
    /** The weights that the config asks for, which may not be applied yet; none of a service of which it says nothing. @throws when it can't be read */
    asked(of: Services): Promise<WeightsOf>;
    /** The canary header, as the config has it; empty where it has none. */
    header(): Promise<Readonly<Record<string, string>>>;
    /** Waits some seconds, or until somebody interrupts. */
    rest(seconds: number): Promise<void>;
    readonly isInterrupted: boolean;
}

/** As much of it as moving them needs. */
export interface BackHands {
    served(): Promise<Services>;
    /** Writes values, and weights, into the config, all at once, as `Hands.write` does. @returns what they were, to be put back */
    write(values: Values, weights?: WeightsOf, expected?: Values): Promise<Values>;
    /** `pulumi up`. @throws with the findings where it is refused */
    up(message: string): Promise<void>;
    /** Gives users back to these weights at once, before config and state say so. @throws where that fails, for whichever service */
    giveBack(weights: WeightsOf, of: Services): Promise<void>;
    /** Who has stopped every release of the backend; undefined where nobody has. Left out where there is no backend. */
    stopped?(): Promise<Stop | undefined>;
    /** What a command needs to be about this stack and project: ` --stack prod`, or nothing. */
    readonly where: string;
    tell(event: ReleaseEvent): void;
}

/**
 * A service of these, by its name in the config; of one in a chain the chain, whose edge decides for it.
 *
 * @throws when there is none, with what is near; or it can't be moved, with why
 */
export function serviceIn({ services, others }: Services, name: string): ReleasedService {
    const isPart = ({ chain }: ReleasedService): boolean => chain?.services.some((one) => one.name === name) ?? false;
    const found = services[name] ?? Object.values(services).find(isPart);
    if (found) return found;
    const unmovable = others.find(({ service }) => service === name);
    if (unmovable) throw new Error(unmovable.why);
    const all = [...Object.keys(services), ...others.map(({ service }) => service)].sort();
    throw new UserError({
        what: `The stack splits no service ${name}; it splits ${all.join(", ")}.`,
        fix: `name it: ${closest(name, all)}`,
    });
}

/** The hands of a release's services as those of several: what is no service's own is done by those of the first. */
export function manyOf(members: readonly Member[]): BackHands {
    const [first] = members;
    if (!first) throw new Error("A release has no service.");
    const { hands } = first;
    return {
        served: async () => {
            const now = await servedNow(members);
            return { services: Object.fromEntries(now.map(({ service, served }) => [service, served])), others: [] };
        },
        write: (values, weights, expected) => hands.write(values, weights, expected),
        up: (message) => hands.up(message),
        giveBack: (weights, { services }) =>
            forAll(weights, async (service, own) => {
                const served = services[service];
                const member = members.find((one) => one.service === service);
                if (served) await (member?.hands ?? hands).giveBack(own, served);
            }),
        stopped: async () => hands.stopped?.(),
        where: hands.where,
        tell: (event) => hands.tell(event),
    };
}

/**
 * Does something for each service, for all at once: one that fails does not keep the others from it.
 *
 * @throws once all are done, with what every one that failed says.
 */
export async function forAll(
    weights: WeightsOf,
    act: (service: string, weights: Weights) => Promise<void>,
): Promise<void> {
    const all = Object.entries(weights);
    const done = await Promise.allSettled(all.map(([service, own]) => act(service, own)));
    const failed = done.flatMap((one, index) => {
        if (one.status === "fulfilled") return [];
        const { message } = one.reason as Error;
        return [all.length === 1 ? message : `${all[index]?.[0]}: ${message}`];
    });
    if (failed.length > 0) throw new Error(failed.join("; "));
}

/** Weights of several services as an event has them: those of the first, and the others beside it. */
export function givenOf(weights: WeightsOf): Given {
    const [[, first] = ["", {}], ...others] = Object.entries(weights);
    return { weights: first, ...(others.length > 0 && { with: Object.fromEntries(others) }) };
}

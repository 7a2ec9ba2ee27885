import { closest } from "fastest-levenshtein";
import { UserError } from "../../components/userError";
import type { Weights } from "../../components/traffic/split/weights";
import type { Hands, ReleaseEvent, Values } from "./hands";
import type { Stop } from "./line";
import type { ReleaseSettings } from "./settings";
import type { ReleasedService } from "./service";

/** Weights of several services. */
export type WeightsOf = Readonly<Record<string, Weights>>;

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
    /** The canary header, as the config has it; empty where it has none. */
    header(): Promise<Readonly<Record<string, string>>>;
}

/** As much of it as going back needs. */
export interface BackHands {
    served(): Promise<Services>;
    /** `release` as the config has it, by service: an error for what can't be meant. */
    settings(): Promise<Readonly<Record<string, ReleaseSettings | Error>>>;
    /** The weights that the cluster has, which somebody else may have moved; none of a service whose routes are gone. @throws when it does not answer */
    live(of: Services): Promise<WeightsOf>;
    /** Writes values, and weights, into the config, all at once. @returns what they were, to be written back */
    write(values: Values, weights?: WeightsOf): Promise<Values>;
    /** `pulumi up`. @throws with the findings where it is refused */
    up(message: string): Promise<void>;
    /** Gives users back to these weights at once, before config and state say so. @throws where that fails, for whichever service */
    giveBack(weights: WeightsOf, of: Services): Promise<void>;
    /** Who has stopped every release of the backend; undefined where nobody has. Left out where there is no backend. */
    stopped?(): Promise<Stop | undefined>;
    /** Waits some seconds, or until somebody interrupts. */
    rest(seconds: number): Promise<void>;
    /** What a command needs to be about this stack and project: ` --stack prod`, or nothing. */
    readonly where: string;
    readonly isInterrupted: boolean;
    tell(event: ReleaseEvent): void;
}

/** A service of these, by its name in the config. @throws when there is none, with what is near; or it can't be moved, with why */
export function serviceIn({ services, others }: Services, name: string): ReleasedService {
    const found = services[name];
    if (found) return found;
    const unmovable = others.find(({ service }) => service === name);
    if (unmovable) throw new Error(unmovable.why);
    const all = [...Object.keys(services), ...others.map(({ service }) => service)].sort();
    throw new UserError({
        what: `The stack splits no service ${name}; it splits ${all.join(", ")}.`,
        fix: `name it: ${closest(name, all)}`,
    });
}

/** The hands of one service as those of several. */
export function manyOf(service: string, hands: Hands): BackHands {
    return {
        served: async () => ({ services: { [service]: await hands.served() }, others: [] }),
        settings: async () => ({ [service]: await hands.settings().catch((error: Error) => error) }),
        live: async () => ({ [service]: (await hands.served()).weights }),
        write: (values, weights = {}) => hands.write(values, weights[service]),
        up: (message) => hands.up(message),
        giveBack: async (weights, { services }) => {
            const served = services[service] ?? (await hands.served());
            await hands.giveBack(weights[service] ?? {}, served);
        },
        rest: (seconds) => hands.rest(seconds),
        stopped: async () => hands.stopped?.(),
        where: hands.where,
        get isInterrupted() {
            return hands.isInterrupted;
        },
        tell: (event) => hands.tell(event),
    };
}

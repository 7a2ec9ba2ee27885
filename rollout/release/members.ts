import { weightsConfig } from "../weightsConfig";
import type { Weights } from "../../components/traffic/split/weights";
import type { Hands, Values } from "./hands";
import type { ReleasedService } from "./service";

/** One service of a release, and the hands that move it. */
export interface Member {
    readonly service: string;
    readonly hands: Hands;
}

/** A service that is brought to a version, as it is applied. */
export interface Moved extends Member {
    readonly to: string;
    readonly served: ReleasedService;
}

/** What is written of one service. */
export interface Written {
    readonly member: Member;
    readonly values?: Values;
    readonly weights?: Weights;
}

/**
 * Writes values and weights of several services into the config, all at once: whoever reads it finds the whole decision or nothing
 * of it.
 *
 * @returns what they were, to be written back.
 */
export async function writeTogether(parts: readonly Written[]): Promise<Values> {
    const [first, ...others] = parts;
    if (!first) return {};
    const values = parts.map((part) => part.values ?? {});
    // Where several services are split, each has its weights under its own name.
    const weights = others.map(({ member, weights = {} }) => weightsConfig(member.service, weights));
    return first.member.hands.write(Object.assign({}, ...values, ...weights) as Values, first.weights);
}

/** The values of a service among those that were written: what is to be written back of it alone. */
export function ownOf(service: string, written: Values): Values {
    return Object.fromEntries(Object.entries(written).filter(([path]) => path.startsWith(`weights.${service}.`)));
}

/** Services as people name them: `review`, `review and product`. */
export function namesOf(members: readonly Pick<Member, "service">[]): string {
    return members.map(({ service }) => service).join(" and ");
}

/** The same for a command. */
export function argumentsOf(members: readonly Pick<Member, "service">[]): string {
    return members.map(({ service }) => service).join(" ");
}

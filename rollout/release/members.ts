import type { Hands, Values } from "./hands";
import type { ReleasedService } from "./service";

/** One service of a release, and the hands that move it. */
export interface Member {
    readonly service: string;
    readonly hands: Hands;
}

/** A service as it is applied, and the version to which it is brought, or which its users leave. */
export interface Off {
    readonly service: string;
    /** The edge that decides for it, where it is counted as one of a chain: the config has the release by that name. */
    readonly edge?: string;
    readonly to: string;
    /** The version with which it is compared in stable's place. */
    readonly baseline?: string | undefined;
    readonly served: ReleasedService;
}

/** The same with the hands that move it. */
export type Moved = Member & Off;

/** The members as they are applied now. */
export function servedNow<One extends Member>(members: readonly One[]): Promise<(One & { served: ReleasedService })[]> {
    return Promise.all(members.map(async (member) => ({ ...member, served: await member.hands.served() })));
}

/** The values of a service among those that were written: what is to be written back of it alone. */
export function ownOf(service: string, written: Values): Values {
    return Object.fromEntries(Object.entries(written).filter(([path]) => path.split(".")[1] === service));
}

/** Services as people name them: `review`, `review and product`. */
export function namesOf(members: readonly Pick<Member, "service">[]): string {
    return members.map(({ service }) => service).join(" and ");
}

/** The same for a command. */
export function argumentsOf(members: readonly Pick<Member, "service">[]): string {
    return members.map(({ service }) => service).join(" ");
}

/**
 * Each service whose requests are counted for a release: itself, or of a chain each that goes by the edge's word, with the weights that
 * the edge has for all of them.
 */
export function countedIn<One extends Pick<Moved, "service"> & { served: Omit<ReleasedService, "access"> }>(
    moved: One,
): readonly One[] {
    const { chain } = moved.served;
    if (!chain) return [moved];
    return chain.services.map(({ name, host, ruled }) => ({
        ...moved,
        service: name,
        edge: moved.service,
        served: { ...moved.served, name, host, ruled },
    }));
}

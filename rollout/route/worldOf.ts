import { placed, worldKind } from "../../components/traffic/world/objects";
import { type Body, encrypted, unknown, type Value } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import type { Change, ResourceState } from "../plan/events";
import { secret, unknown as unknownText } from "../plan/plainValues";

/**
 * The world of a stack: what of it decides who is served, as it was applied or as it shall be. A stack is taken to have all that
 * its routes lead to, so that a version that none of its DestinationRules knows is missing.
 *
 * @param side which side of a change counts; undefined where the resource is not there.
 */
export function worldOf(changes: readonly Change[], side: (change: Change) => ResourceState | undefined): World {
    const objects = changes.flatMap((change) => {
        const kind = worldKind(change.type);
        const state = side(change);
        return kind && state ? [placed(kind, signed(state.inputs as Body) as Body, { urn: change.urn })] : [];
    });
    return { objects, isWhole: true };
}

/** What people are shown for a value that can't be read, as the sign that routes are read by. */
function signed(value: Value): Value {
    if (value === unknownText) return unknown;
    if (value === secret) return encrypted;
    if (Array.isArray(value)) return value.map(signed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, signed(inner)]));
}

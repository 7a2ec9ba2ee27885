import type { World } from "../../components/traffic/world/world";
import type { Change, ResourceState } from "../plan/events";
import { worldObjects } from "../plan/worlds";

/**
 * The world of a stack: what of it decides who is served, as it was applied or as it shall be. A stack is taken to have all that
 * its routes lead to, so that a version that none of its DestinationRules knows is missing.
 *
 * @param side which side of a change counts; undefined where the resource is not there.
 */
export function worldOf(changes: readonly Change[], side: (change: Change) => ResourceState | undefined): World {
    return { objects: worldObjects(changes, side), isWhole: true };
}

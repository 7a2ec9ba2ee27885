import { closest } from "fastest-levenshtein";
import { notifications } from "./notifications/story";
import { shop } from "./shop/story";
import { stages } from "./stages/story";
import type { Story } from "./play/story";
import { tiers } from "./tiers/story";
import { workshop } from "./workshop/story";
import { UserError } from "../components/userError";

/** The story of each system, as its document tells it. */
export const stories: readonly Story[] = [shop, workshop, stages, notifications, tiers];

/** The story in which a service takes part. @throws when there is none */
export function storyWith(service: string): Story {
    const story = stories.find(({ services }) => services.includes(service));
    if (story) return story;
    const all = stories.flatMap(({ services }) => services);
    throw new UserError({
        what: `No service ${service} is split; these are: ${all.join(", ")}.`,
        fix: `name it: ${closest(service, all)}`,
    });
}

/** @throws when no system is called so */
export function storyOf(system: string): Story {
    const story = stories.find((known) => known.system === system);
    if (!story)
        throw new Error(
            `There is no story of ${system}; there are those of ${stories.map((known) => known.system).join(", ")}.`,
        );
    return story;
}

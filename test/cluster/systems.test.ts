import { stories } from "../../systems/stories";
import { playStories } from "../support/playStories";

/** A fixed sample: the shop's own story is told by `release.test.ts`, and all of them whole by `npm run test:long`. */
const sample = stories
    .filter(({ system }) => system !== "shop")
    .map((story) => ({ ...story, steps: story.steps.slice(0, 1) }));

describe("the systems of the seed documents, up to their first step", function () {
    this.timeout(600_000);
    playStories("systems-test", sample);
});

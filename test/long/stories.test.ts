import { stories } from "../../systems/stories";
import { playStories } from "../support/playStories";

describe("the systems of the seed documents, with all their steps", function () {
    this.timeout(600_000);
    playStories("stories-test", stories);
});

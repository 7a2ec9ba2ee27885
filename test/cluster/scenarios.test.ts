import { playScenarios } from "../scenarios/playScenarios";
import { sample, scenarios } from "../scenarios/table";

/** A fixed sample; all of them are played by `npm run test:scenarios`. */
describe("others' scenarios, a sample on the mesh", function () {
    this.timeout(600_000);
    playScenarios(
        "scenarios-test",
        scenarios.filter(({ name }) => sample.includes(name)),
    );
});

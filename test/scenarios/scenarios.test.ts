import { playScenarios } from "./playScenarios";
import { scenarios } from "./table";

/** All of them: `npm run test:scenarios`. One alone: `npx mocha test/scenarios/scenarios.test.ts -g PingPong`. */
describe("others' scenarios, on the mesh", function () {
    this.timeout(600_000);
    playScenarios("scenarios", scenarios);
});

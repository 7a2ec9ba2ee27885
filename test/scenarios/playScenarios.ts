import { leaveOutWhereNoneRuns } from "../support/embedded";
import { noMesh } from "../support/ownService";
import { Player } from "./player";
import type { Scenario } from "./scenario";
import { Stage } from "./stage";

/** Each scenario as a test, all of them on one cluster. @param cluster its name */
export function playScenarios(cluster: string, scenarios: readonly Scenario[]): void {
    let stage: Stage;
    let player: Player;

    before("brings up a mesh with a service under load, all of it on v1", async function () {
        leaveOutWhereNoneRuns(this, cluster);
        stage = await Stage.up(cluster);
        player = new Player(stage);
    });
    after("takes it away, however far it came", async () => {
        await stage?.down();
        await noMesh(cluster);
    });

    for (const scenario of scenarios)
        it(`is as ${scenario.source.split(":")[0]} has it, and no request fails: ${scenario.name}`, () =>
            player.play(scenario));
}

import { StepChecks } from "../gate/checks/stepChecks";
import type { Hands } from "./hands";
import { askedSteps, type ReleaseSettings } from "./settings";

/**
 * The further checks of a release, as the config has them when it begins: later changes count from the next start of the driver on.
 *
 * @throws with every one that can't be asked ever, such as a Job whose file is not there.
 */
export function openChecks(settings: ReleaseSettings, hands: Pick<Hands, "asker">): StepChecks {
    return new StepChecks(settings.checks, askedSteps(settings.steps), (check, index) =>
        hands.asker(check, index, settings),
    );
}

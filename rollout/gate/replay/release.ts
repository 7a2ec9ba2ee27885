import { secondsOf } from "../../release/durations";
import type { VersionCounts } from "../counts";
import { combined } from "../gate";
import type { Bursts } from "./bursts";
import type { Dealer } from "./deal";
import { Look } from "./look";
import { momentsOf, ownOf, type PastWindow } from "../past";
import type { Ending, Found, Rehearsal, Rehearsed } from "./rehearsal";

/**
 * Makes one release of the past, as the driver would have done: each step is watched until the gates of all that is counted pass or one
 * fails, or until the step's timeout. The new version is a part of the requests that the version itself got.
 *
 * @param windows from its beginning on; at least one.
 * @param burstsOf how many requests to a service turned bad at once then.
 * @param beforeOf what its gate knows of the time before it.
 */
export function rehearse(
    windows: readonly PastWindow[],
    of: Rehearsed,
    dealer: Dealer,
    burstsOf: (service: string) => Bursts,
    beforeOf: (service: string) => readonly VersionCounts[],
): Rehearsal {
    const timeout = secondsOf(of.settings.timeout);
    const looks = of.counted.map((service) => new Look(service, of, dealer, burstsOf(service), beforeOf(service)));
    const passed: { step: string; seconds: number }[] = [];
    const began = momentsOf(windows).next().value?.begins ?? 0;
    let now = began;
    let said = combined(looks);
    const end = (ending: Ending, step = ""): Rehearsal => {
        const isStopped = ending !== "done" && ending !== "cutOff";
        const foundBy = (look: Look): Found => look.found(isStopped && said.deciding.includes(look));
        const services = Object.fromEntries(looks.map((look) => [look.service, foundBy(look)]));
        const [decider] = said.deciding as readonly [Look];
        const { bursts: own, ...more } = foundBy(decider);
        const reason = said.reason.trim();
        const found = { bursts: own, ...(reason !== "" && { reason }), ...more };
        return { began, ended: now, ending, step, passed, ...found, services };
    };
    const left = momentsOf(windows);
    for (const [position, step] of of.steps.entries()) {
        const since = now;
        do {
            const { value: moment } = left.next();
            if (!moment) return end("cutOff", step.name);
            now = moment.at;
            // What was counted across the beginning of the step is of two.
            const whole = moment.windows.filter(({ at, seconds }) => at - seconds >= since);
            for (const look of looks) look.at(step, position, ownOf(look.service, whole)[0], now - since);
            said = combined(looks);
            if (said.verdict === "fail") return end("failed", step.name);
            if (said.verdict !== "pass" && now - since >= timeout)
                return end(said.verdict === "hold" ? "held" : "unjudged", step.name);
        } while (said.verdict !== "pass");
        passed.push({ step: step.name, seconds: now - since });
    }
    return end("done", of.steps.at(-1)?.name);
}

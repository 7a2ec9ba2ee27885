import { secondsOf } from "../../release/durations";
import type { VersionCounts } from "../counts";
import { combined } from "../gate";
import type { Bursts } from "./bursts";
import type { Dealer } from "./deal";
import { Look } from "./look";
import { momentsOf, ownOf, type PastWindow } from "../past";
import type { Ending, Found, Rehearsal, Rehearsed } from "./rehearsal";

/** The same for every service that is counted, or by its name. */
type OfEach<One> = One | ((service: string) => One);

/**
 * Makes one release of the past, as the driver would have done: each step is watched until the gates of all that is counted pass or one
 * fails, or until the step's timeout. The new version is a part of the requests that the version itself got.
 *
 * @param windows from its beginning on; at least one.
 * @param bursts how many requests turned bad at once then.
 * @param before what the gate knows of the time before it.
 */
export function rehearse(
    windows: readonly PastWindow[],
    of: Rehearsed,
    dealer: Dealer,
    bursts: OfEach<Bursts>,
    before: OfEach<readonly VersionCounts[]> = [],
): Rehearsal {
    const timeout = secondsOf(of.settings.timeout);
    const looks = of.counted.map((service) => {
        const own = typeof bursts === "function" ? bursts(service) : bursts;
        return new Look(service, of, dealer, own, typeof before === "function" ? before(service) : before);
    });
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

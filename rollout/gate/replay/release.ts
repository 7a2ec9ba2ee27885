import { secondsOf } from "../../release/durations";
import type { VersionCounts } from "../counts";
import type { Verdict } from "../gate";
import type { Bursts } from "./bursts";
import type { Dealer } from "./deal";
import { Look } from "./look";
import type { PastWindow } from "../past";
import type { Ending, Rehearsal, Rehearsed } from "./rehearsal";

/**
 * Makes one release of the past, as the driver would have done: each step is watched until its gate passes or fails, or until the
 * step's timeout. The new version is a part of the requests that the version itself got.
 *
 * @param windows from its beginning on; at least one.
 * @param bursts how many requests turned bad at once then.
 * @param before what the gate knows of the time before it.
 */
export function rehearse(
    windows: readonly PastWindow[],
    of: Rehearsed,
    dealer: Dealer,
    bursts: Bursts,
    before: readonly VersionCounts[] = [],
): Rehearsal {
    const timeout = secondsOf(of.settings.timeout);
    const look = new Look(of, dealer, bursts, before);
    const passed: { step: string; seconds: number }[] = [];
    const [first] = windows as [PastWindow];
    let last = first;
    const end = (ending: Ending, step = ""): Rehearsal => {
        const because = ending === "done" || ending === "cutOff" ? undefined : look.because;
        const began = first.at - first.seconds;
        return { began, ended: last.at, ending, step, passed, bursts, ...look.told, ...(because && { because }) };
    };
    const left = windows.values();
    for (const [position, step] of of.steps.entries()) {
        let verdict: Verdict = "inconclusive";
        let seconds = 0;
        while (verdict !== "pass") {
            const { value: window } = left.next();
            if (!window) return end("cutOff", step.name);
            last = window;
            seconds += window.seconds;
            verdict = look.at(step, position, window, seconds);
            if (verdict === "fail") return end("failed", step.name);
            if (verdict === "pass" || seconds < timeout) continue;
            return end(verdict === "hold" ? "held" : "unjudged", step.name);
        }
        passed.push({ step: step.name, seconds });
    }
    return end("done", of.steps.at(-1)?.name);
}

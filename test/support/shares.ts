import * as assert from "node:assert/strict";
import type { Got } from "./caller";
import type { Outcome } from "./pulumi";

/** A command of Pulumi went well; else all that it printed is told. */
export function assertWell({ code, output }: Outcome): void {
    assert.equal(code, 0, output);
}

/** No request failed, and v2's share is what it was set to, within four standard deviations. */
export function assertShare({ answers, failed, reasons, all }: Got, percent: number): void {
    assert.equal(failed, 0, JSON.stringify({ answers, reasons }));
    const share = (100 * (answers.v2 ?? 0)) / all;
    const tolerance = 4 * Math.sqrt((percent * (100 - percent)) / all);
    assert.ok(
        Math.abs(share - percent) <= tolerance,
        `v2 has ${share.toFixed(1)} % of ${all} requests, not ${percent}`,
    );
}

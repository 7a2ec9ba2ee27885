// @ts-check
/** Mocha's spec reporter, which also leaves its counts in a file: test/run.mjs adds up the layers. */
const fs = require("node:fs");
const { reporters, Runner } = require("mocha");

module.exports = class extends reporters.Spec {
    /** @param {import("mocha").Runner} runner @param {import("mocha").MochaOptions} options */
    constructor(runner, options) {
        super(runner, options);
        const file = process.env.UPSHIFT_COUNTS;
        if (!file) return;
        runner.once(Runner.constants.EVENT_RUN_END, () => {
            const { passes = 0, failures = 0, pending = 0 } = this.stats;
            fs.writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
        });
    }
};

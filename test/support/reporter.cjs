// @ts-check
/**
 * Mocha's spec reporter, which also leaves its counts and the failed tests in a file: test/run.mjs adds up the layers and
 * repeats the failures at the end, since a log of an hour is often kept only by its last lines.
 */
const fs = require("node:fs");
const { reporters, Runner } = require("mocha");

module.exports = class extends reporters.Spec {
    /** @param {import("mocha").Runner} runner @param {import("mocha").MochaOptions} options */
    constructor(runner, options) {
        super(runner, options);
        const file = process.env.UPSHIFT_COUNTS;
        if (!file) return;
        /** @type {string[]} */
        const failures = [];
        runner.on(Runner.constants.EVENT_TEST_FAIL, (test, error) => {
            const why = error.cause
                ? `${error.message} (${error.cause.message ?? error.cause})`
                : String(error.message);
            failures.push(`${test.fullTitle()}: ${why.slice(0, 2000)}`);
        });
        runner.once(Runner.constants.EVENT_RUN_END, () => {
            const { passes = 0, failures: failed = 0, pending = 0 } = this.stats;
            fs.writeFileSync(file, JSON.stringify({ passed: passes, failed, skipped: pending, failures }));
        });
    }
};

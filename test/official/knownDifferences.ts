import type { Suite, Test } from "mocha";
import { type Difference, differences } from "./differences";

/**
 * Loaded into mocha by `npm run test:official`: a test that holds a known difference has to fail, and by that difference alone. One that
 * passes says that the difference is gone.
 */
export const mochaHooks = {
    beforeAll(this: { test?: { parent?: Suite } }): void {
        const tests = this.test?.parent ? testsIn(this.test.parent) : [];
        for (const difference of differences) {
            const test = tests.find((one) => one.fullTitle() === difference.test);
            if (!test) throw new Error(`test/official/differences.ts: there is no test "${difference.test}"`);
            expectDifference(test, difference);
        }
    },
};

function testsIn(suite: Suite): Test[] {
    return [...suite.tests, ...suite.suites.flatMap(testsIn)];
}

function expectDifference(test: Test, { test: title, reason, fails }: Difference): void {
    const { fn } = test;
    test.title = `${test.title}: no. ${reason}`;
    test.fn = async function (this: Mocha.Context) {
        try {
            await (fn as Mocha.AsyncFunc).call(this);
        } catch (error) {
            if (error instanceof Error && fails.test(error.message)) return;
            throw error;
        }
        throw new Error(
            `It does now. Take "${title}" out of test/official/differences.ts, and out of docs/embedded.md.`,
        );
    };
}

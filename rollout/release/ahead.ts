import * as os from "node:os";

/** As bin/upshift.mjs has it, too. */
const ahead = -10;

/**
 * Does something before whatever else this machine does, where the system allows that (root alone may): a second in which a busy machine
 * does not come to it is a second in which users are served errors. What is started after it goes as all others do.
 */
export async function aheadOfOthers<Result>(what: () => Promise<Result>): Promise<Result> {
    // Whom somebody has given another rank keeps it.
    if (![0, ahead].includes(os.getPriority())) return what();
    rank(ahead);
    try {
        return await what();
    } finally {
        rank(0);
    }
}

function rank(priority: number): void {
    try {
        os.setPriority(priority);
    } catch {
        // It takes longer then, and nothing else.
    }
}

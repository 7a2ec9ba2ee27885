import { goTools, testTools, toolsModule } from "../cluster/tools/manifest";

/** The programs that are looked at: all that a user gets, and of what tests alone ask for that which is built of the same module. */
export const audited = [...goTools, ...testTools.filter(({ module }) => module === toolsModule)];

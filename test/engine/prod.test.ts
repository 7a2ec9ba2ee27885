import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { pulumi } from "../../rollout/pulumi";
import { selectStack, setConfig } from "../../rollout/stack";

const name = "prod-file-test";
const fileOf = (stack: string): string => path.join(projectRoot(), `Pulumi.${stack}.yaml`);

/** A stack with the very config of prod: what Pulumi's engine makes of it. */
describe("a stack with the config of Pulumi.prod.yaml", function () {
    this.timeout(600_000);
    const preview = (): Promise<string> => pulumi(["preview", "--stack", name]);

    before(async () => {
        fs.copyFileSync(fileOf("prod"), fileOf(name));
        await selectStack(name);
        await setConfig(name, { kubeconfig: os.devNull });
    });
    after(async () => {
        await pulumi(["stack", "rm", "--yes", "--stack", name]);
        fs.rmSync(fileOf(name), { force: true });
    });

    it("does not come up while its context is on no cluster of the user's: the message names what fixes it", async () => {
        await assert.rejects(preview(), /There is no context production: [^]*fix: pulumi config set context NAME/);
    });

    for (const target of ["embedded", "k3d"]) {
        it(`does not come up on ${target}, and says how to tell it to`, async () => {
            await setConfig(name, { target });
            await assert.rejects(
                preview(),
                new RegExp(
                    `Stack upshift\\.${name} does not run on ${target}: its config allows context \\(allowedTargets\\)\\. Nothing was changed\\.` +
                        `\\s+fix: .*pulumi config set --stack ${name} --path 'allowedTargets\\[1\\]' ${target}`,
                ),
            );
        });
    }
});

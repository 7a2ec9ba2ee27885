import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { installedProvider } from "../../cluster/tools/providers";
import type { Choice } from "../../plugins/choose";
import { furnish, type Pieces } from "../../plugins/furnish";
import { furnished } from "../../plugins/furnished";

describe("the embedded plugins of an environment", () => {
    let folder: string;
    beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "furnished-"))));
    afterEach(() => fs.rmSync(folder, { recursive: true }));

    const environment = (choice: Choice, pieces?: Pieces): NodeJS.ProcessEnv => {
        const { bin, pulumiHome } = furnish(choice, "/bin/true", folder, pieces);
        return { PATH: `${bin}${path.delimiter}/usr/bin`, PULUMI_HOME: pulumiHome };
    };

    it("are found where Pulumi finds them, by whichever checkout they were put there", () => {
        const env = environment({
            languageHost: "embedded",
            providers: { kubernetes: "embedded", random: "embedded" },
        });
        const { languageHost, providers } = furnished(env);
        assert.equal(languageHost, path.join(folder, "bin", "pulumi-language-nodejs"));
        const home = path.join(folder, "pulumi-home");
        assert.deepEqual(
            [...providers],
            (["kubernetes", "random"] as const).map((name) => [name, installedProvider(home, name)]),
        );
    });

    it("are not the official ones beside them", () => {
        const kubernetes = path.join(folder, "official");
        fs.writeFileSync(kubernetes, "", { mode: 0o755 });
        const env = environment(
            { languageHost: "embedded", providers: { kubernetes: "official", random: "embedded" } },
            { kubernetes },
        );
        assert.deepEqual([...furnished(env).providers.keys()], ["random"]);
    });

    it("are none where Pulumi's own run programs, or there is no Pulumi", () => {
        const bin = path.join(folder, "theirs");
        fs.mkdirSync(bin);
        for (const name of ["pulumi", "pulumi-language-nodejs"])
            fs.writeFileSync(path.join(bin, name), "#!/bin/sh\n", { mode: 0o755 });
        for (const PATH of [bin, ""])
            assert.deepEqual(furnished({ PATH }), { languageHost: undefined, providers: new Map() });
    });
});

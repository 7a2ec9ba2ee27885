import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { embeddedTarget } from "../../cluster/embedded/target";
import { images } from "../../cluster/images/images";
import { projectRoot } from "../../cluster/paths";
import { builtOf } from "../../cluster/setup/builtOf";
import {
    goTools,
    testTools,
    toolsModule,
    toolVersion,
    wheelTools,
    type GoTool,
    type WheelTool,
} from "../../cluster/tools/manifest";
import { madePath, toolNamed } from "../../cluster/tools/tools";
import { sandbox } from "../support/pulumi";

const run = promisify(execFile);

interface Plugin {
    readonly kind: string;
    readonly version: string;
}

/** How each program that is made here is asked for its version. */
const questions: Readonly<Record<string, string[]>> = {
    kubernetes: ["kube-apiserver", "--version"],
    pulumi: ["version"],
    "pilot-discovery": ["version"],
    "pilot-agent": ["version"],
    istioctl: ["version", "--remote=false"],
    coredns: ["-version"],
    helm: ["version", "--short"],
    actionlint: ["-version"],
    envoy: ["--version"],
    kubectl: ["version", "--client"],
};

describe("the versions that are shown", function () {
    this.timeout(600_000);

    for (const [name, question] of Object.entries(questions)) {
        it(`of ${name} is what the program itself says`, async function () {
            const program = madePath(toolNamed(name) as GoTool | WheelTool);
            // On a machine that has a fitting one of its own, it was not made.
            if (!fs.existsSync(program)) return this.skip();
            const { stdout, stderr } = await run(program, question, { timeout: 20_000 });
            const text = stdout.replace(/^.*\b(INFO|goVersion)\b.*$/gm, "") || stderr;
            // Helm leaves the last number out.
            const said = /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? "nothing";
            assert.ok(
                `${toolVersion(name)}.`.startsWith(`${said}.`),
                `${toolVersion(name)} is shown, and it says ${said}`,
            );
        });
    }

    it("of pulumi-language-yaml is what it says to the CLI", async () => {
        const { succeed, remove } = await sandbox({ "Pulumi.yaml": "{ name: sandbox, runtime: yaml }" });
        try {
            const { plugins } = JSON.parse(await succeed("about", "--json")) as { plugins: Plugin[] };
            const { version } = plugins.find(({ kind }) => kind === "language") ?? {};
            assert.equal(version, toolVersion("pulumi-language-yaml"));
        } finally {
            remove();
        }
    });

    it("of the modules that each is built of are written down (else: npm run tools)", async () => {
        const file = path.join(projectRoot(), toolsModule, "builtOf.json");
        assert.deepEqual(JSON.parse(fs.readFileSync(file, "utf8")), await builtOf());
    });

    it("is known of every program but our own", () => {
        const own = ["pause", "demo-v1", "demo-v2", "streams"];
        const names = [...goTools, ...testTools, ...wheelTools]
            .map(({ name }) => name)
            .filter((name) => !own.includes(name));
        assert.deepEqual(names.sort(), [...Object.keys(questions), "pulumi-language-yaml"].sort());
    });

    it("of Istio stands on the first screen and in the images' tags", async () => {
        const { installs } = await embeddedTarget({ cluster: "test-versions" }).plan();
        assert.match(
            installs.join("\n"),
            new RegExp(`Istio ${toolVersion("pilot-discovery").replaceAll(".", "\\.")},`),
        );
        const tags = images().filter(({ name }) => ["pilot", "proxyv2"].includes(name));
        for (const { tag } of tags) assert.equal(tag.split("-")[0], toolVersion("pilot-discovery"));
    });
});

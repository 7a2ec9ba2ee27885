import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../cluster/paths";
import { compileFlags } from "../../cluster/setup/goBuilds";

const run = promisify(execFile);
const goSdk = "example.com/pulumi-upshift/sdk/go/upshift";

/** By Pulumi's own generators: those of the CLI's version, and for .NET and Java elder ones, which have left its module since. */
describe("SDKs in other languages, made from the schema", function () {
    this.timeout(900_000);
    let folder: string;

    const go = (...args: string[]): Promise<void> => goIn(folder, "-mod=mod", ...args);
    const goIn = async (cwd: string, flags: string, ...args: string[]): Promise<void> => {
        const env = {
            ...process.env,
            CGO_ENABLED: "0",
            GOTOOLCHAIN: "local",
            GOFLAGS: [...compileFlags, flags].join(" "),
        };
        await run("go", args, { cwd, env, maxBuffer: 1 << 26 }).catch(({ stderr }: { stderr: string }) =>
            assert.fail(`go ${args.join(" ")}:\n${stderr}`),
        );
    };

    before(async () => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "sdks-"));
        // The CLI's own modules: what it is built of has been compiled already.
        for (const file of ["go.mod", "go.sum"])
            fs.copyFileSync(path.join(projectRoot(), "cluster/tools", file), path.join(folder, file));
        fs.cpSync(path.join(projectRoot(), "test/support/sdks"), folder, { recursive: true });
        const schema = path.join(projectRoot(), "plugin/schema.json");
        await go("run", ".", schema, folder);
        await goIn(path.join(projectRoot(), "test/support/java-dotnet"), "", "run", ".", schema, folder);
    });
    after(() => fs.rmSync(folder, { recursive: true, force: true }));

    const components = Object.keys(
        (JSON.parse(fs.readFileSync(path.join(projectRoot(), "plugin/schema.json"), "utf8")) as { resources: object })
            .resources,
    ).map((token) => token.split(":")[2] ?? "");

    it("are complete: every component is in each of them", () => {
        assert.ok(components.length >= 10, components.join());
        for (const component of components) {
            const [first = "", ...rest] = component;
            const snake = component.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
            for (const file of [
                `go/upshift/${first.toLowerCase()}${rest.join("")}.go`,
                `python/pulumi_upshift/${snake}.py`,
                `nodejs/${first.toLowerCase()}${rest.join("")}.ts`,
                `java/src/main/java/com/pulumi/upshift/${component}.java`,
                `dotnet/${component}.cs`,
            ])
                assert.ok(fs.existsSync(path.join(folder, file)), `there is no ${file}`);
        }
    });
    it("compile in Go, with a program that uses them", async () => {
        fs.writeFileSync(path.join(folder, "go/upshift/go.mod"), `module ${goSdk}\n\ngo 1.26\n`);
        await go("mod", "edit", `-require=${goSdk}@v0.0.0`, `-replace=${goSdk}=./go/upshift`);
        await go("vet", goSdk);
        await go("build", "-o", "program", "./theirs");
        assert.ok(fs.existsSync(path.join(folder, "program")));
    });
    it("have their types in Java and .NET, too", () => {
        const text = (file: string): string => fs.readFileSync(path.join(folder, file), "utf8");
        assert.match(
            text("java/src/main/java/com/pulumi/upshift/TrafficSplit.java"),
            /Map<String,Double>> weights\(\)/,
        );
        assert.match(text("dotnet/TrafficSplit.cs"), /Output<ImmutableDictionary<string, double>> Weights/);
        const args = ["java/src/main/java/com/pulumi/upshift/VersionedServiceArgs.java", "dotnet/VersionedService.cs"];
        for (const file of args) assert.match(text(file), /[Ll]ongestRequestSeconds/);
    });
    it("compile in Python", async () => {
        const python = path.join(folder, "python");
        await run("python3", ["-m", "compileall", "-q", python], { cwd: folder });
        const split = fs.readFileSync(path.join(python, "pulumi_upshift/traffic_split.py"), "utf8");
        assert.match(split, /weights: Mapping\[str, (builtins\.)?(_?builtins\.)?float\]/);
    });
});

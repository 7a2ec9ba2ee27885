import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { choose, type Found, type FoundProvider } from "../../plugins/choose";
import { quote } from "../../components/shellWord";
import { furnish } from "../../plugins/furnish";
import { hasOwnBackend, loginOf, passphraseFile, pathWith, shellLines } from "../../rollout/env";

describe("choose", () => {
    const none: FoundProvider = { wanted: "4.34.2", installed: [], onPath: false };
    const found = (changes: Partial<Found>): Found => ({
        cli: "own",
        languageHost: true,
        providers: { kubernetes: none, random: none },
        ...changes,
    });

    const hosts: [Found["cli"], boolean, string][] = [
        ["own", true, "official"],
        ["own", false, "embedded"],
        ["built", true, "embedded"],
        ["built", false, "embedded"],
        ["none", false, "embedded"],
    ];
    for (const [cli, languageHost, expected] of hosts) {
        it(`takes the ${expected} host with ${cli} CLI ${languageHost ? "and" : "without"} a host of the user's`, () => {
            assert.equal(choose(found({ cli, languageHost })).languageHost, expected);
        });
    }

    const offers: [string, Partial<FoundProvider>, string][] = [
        ["none", {}, "embedded"],
        ["the wanted version", { installed: ["4.0.0", "4.34.2"] }, "official"],
        ["other versions, which the CLI would not take", { installed: ["4.34.1", "4.35.0"] }, "embedded"],
        ["one on PATH, whatever its version", { onPath: true }, "official"],
    ];
    for (const [what, offer, expected] of offers) {
        it(`takes the ${expected} provider where there is ${what}, each for itself`, () => {
            const { providers } = choose(found({ providers: { kubernetes: { ...none, ...offer }, random: none } }));
            assert.deepEqual(providers, { kubernetes: expected, random: "embedded" });
        });
    }
});

describe("the passphrase of a checkout's stacks", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "passphrase-"));
    after(() => fs.rmSync(folder, { recursive: true }));
    const file = path.join(folder, "passphrase");

    it("is drawn once, for its owner alone, and leaves nothing else behind", () => {
        assert.equal(passphraseFile(file), file);
        const drawn = fs.readFileSync(file, "utf8");
        assert.ok(drawn.length > 40);
        assert.equal(fs.statSync(file).mode & 0o777, 0o600);
        passphraseFile(file);
        assert.equal(fs.readFileSync(file, "utf8"), drawn);
        assert.deepEqual(fs.readdirSync(folder), ["passphrase"]);
    });
    it("is not drawn anew in place of one that was lost, which would lock what it had closed", () => {
        fs.writeFileSync(file, "");
        assert.throws(() => passphraseFile(file), /passphrase is empty: .*\n {2}fix: put it back/);
    });
});

describe("furnish", () => {
    let folder: string;
    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "furnish-"));
        fs.writeFileSync(path.join(folder, "cli"), "#!/bin/sh\necho $0\n", { mode: 0o755 });
    });
    afterEach(() => fs.rmSync(folder, { recursive: true }));
    const embedded = { languageHost: "embedded", providers: { kubernetes: "embedded", random: "embedded" } } as const;
    const official = { languageHost: "official", providers: { kubernetes: "official", random: "official" } } as const;
    const executablesIn = (place: string): string[] =>
        fs
            .readdirSync(place, { withFileTypes: true, recursive: true })
            .flatMap((entry) => (entry.isDirectory() || entry.name === "logs" ? [] : [entry.name]))
            .sort();

    it("puts the CLI beside the embedded host, and the providers into a home of their own", () => {
        const { bin, pulumiHome } = furnish(embedded, path.join(folder, "cli"), folder);
        assert.deepEqual([bin, pulumiHome], [path.join(folder, "bin"), path.join(folder, "pulumi-home")]);
        assert.equal(execFileSync(path.join(bin, "pulumi"), { encoding: "utf8" }).trim(), path.join(bin, "pulumi"));
        assert.deepEqual(executablesIn(bin), ["pulumi", "pulumi-analyzer-policy-nodejs", "pulumi-language-nodejs"]);
        assert.deepEqual(executablesIn(pulumiHome ?? ""), ["pulumi-resource-kubernetes", "pulumi-resource-random"]);
    });

    it("puts the host for YAML beside the CLI where there is one, and takes it away again", () => {
        const [cli, host] = [path.join(folder, "cli"), path.join(folder, "host")];
        fs.writeFileSync(host, "");
        const { bin } = furnish(embedded, cli, folder, { yamlHost: host });
        assert.equal(fs.statSync(path.join(bin, "pulumi-language-yaml")).ino, fs.statSync(host).ino);
        furnish(embedded, cli, folder);
        assert.ok(!executablesIn(bin).includes("pulumi-language-yaml"));
    });

    it("keeps Pulumi's debug logs out of that home, unless there is a folder for them", () => {
        const logs = path.join(folder, "pulumi-home", "logs");
        furnish(embedded, path.join(folder, "cli"), folder);
        assert.match(fs.readFileSync(logs, "utf8"), /rm logs && mkdir logs/);
        fs.rmSync(logs);
        fs.mkdirSync(logs);
        furnish(embedded, path.join(folder, "cli"), folder);
        assert.ok(fs.statSync(logs).isDirectory());
    });

    it("follows the CLI when it is another, and leaves no draft", () => {
        const [cli, bin] = [path.join(folder, "cli"), path.join(folder, "bin")];
        furnish(embedded, cli, folder);
        fs.writeFileSync(`${cli}.new`, "#!/bin/sh\necho new\n", { mode: 0o755 });
        furnish(embedded, `${cli}.new`, folder);
        assert.equal(execFileSync(path.join(bin, "pulumi"), { encoding: "utf8" }).trim(), "new");
        assert.equal(fs.readdirSync(bin).length, 3);
    });

    it("takes away what the official installation has", () => {
        furnish(embedded, path.join(folder, "cli"), folder);
        const { bin, pulumiHome } = furnish(official, path.join(folder, "cli"), folder);
        assert.equal(pulumiHome, undefined);
        assert.deepEqual([...executablesIn(bin), ...executablesIn(path.join(folder, "pulumi-home"))], []);
    });
});

describe("shellLines", () => {
    it("says the same to the shell, whatever is in a value", () => {
        const text = fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\0"));
        fc.assert(
            fc.property(text, (value) => {
                const script = `${shellLines({ UPSHIFT_TEST: value })}printf %s "$UPSHIFT_TEST"`;
                assert.equal(execFileSync("sh", ["-c", script], { encoding: "utf8" }), value);
            }),
            { numRuns: 25 },
        );
    });

    it("unsets what would come in the way", () => {
        const script = `${shellLines({ UPSHIFT_TEST: undefined })}printf %s "\${UPSHIFT_TEST-nothing}"`;
        const env = { ...process.env, UPSHIFT_TEST: "the user's" };
        assert.equal(execFileSync("sh", ["-c", script], { encoding: "utf8", env }), "nothing");
    });

    it("quotes a quote", () => assert.equal(quote("it's"), `'it'\\''s'`));
});

describe("the user's backend", () => {
    const backend = "s3://states";
    it("is respected where PULUMI_BACKEND_URL names one, and is none without", () => {
        assert.equal(hasOwnBackend({ PULUMI_BACKEND_URL: backend }), true);
        assert.equal(hasOwnBackend({ PULUMI_BACKEND_URL: "" }), false);
        assert.equal(hasOwnBackend({ PULUMI_CONFIG_PASSPHRASE: "of other projects" }), false);
    });
    it("is not what `upshift env` has set, in this checkout or another", () => {
        const ours = "file:///other/checkout/.upshift/pulumi";
        assert.equal(hasOwnBackend({ PULUMI_BACKEND_URL: ours, UPSHIFT_BACKEND_URL: ours }), false);
        assert.equal(hasOwnBackend({ PULUMI_BACKEND_URL: backend, UPSHIFT_BACKEND_URL: ours }), true);
    });
    it("keeps its login, wherever the plugins are looked for", () => {
        assert.deepEqual(loginOf({ PULUMI_CREDENTIALS_PATH: "/a", PULUMI_HOME: "/b" }), {
            PULUMI_CREDENTIALS_PATH: "/a",
        });
        assert.deepEqual(loginOf({ PULUMI_HOME: "/b" }), { PULUMI_CREDENTIALS_PATH: "/b" });
        assert.deepEqual(loginOf({}), { PULUMI_CREDENTIALS_PATH: path.join(os.homedir(), ".pulumi") });
    });
});

describe("pathWith", () => {
    it("puts a folder first, once, and leaves the order of the others", () => {
        assert.equal(pathWith("/ours", "/usr/bin:/ours:/bin"), "/ours:/usr/bin:/bin");
        assert.equal(pathWith("/ours", pathWith("/ours", "/bin")), "/ours:/bin");
        assert.equal(pathWith("/ours", ""), "/ours");
    });
});

import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { parse } from "yaml";
import { withValues, writeInPlace } from "../../rollout/config/inPlace";

const text = `# who is where
encryptionsalt: v1:salt
config:
  web:weights: # percent
    review: {v1: 90, "v2": 10}   # by hand

    rating:
      v1: 100
      v2: 0
  web:stable:
    review: 'v1'
  web:isOpen: true
  web:token:
    secure: v1:secret
  web:base: &base
    v1: 1
  web:same: *base
  web:list:
  - one
`;

describe("values in the places that they have in a stack's config file", () => {
    it("change, and every line and comment stays as it was", () => {
        const next = withValues(text, "web", {
            "weights.review.v1": 75,
            "weights.review.v2": 25,
            "stable.review": "v2",
        });
        assert.equal(
            next,
            text.replace(`{v1: 90, "v2": 10}`, `{v1: 75, "v2": 25}`).replace("review: 'v1'", "review: v2"),
        );
    });
    it("may be true or false", () =>
        assert.equal(withValues(text, "web", { isOpen: false }), text.replace("isOpen: true", "isOpen: false")));

    for (const [what, values] of Object.entries<Record<string, string | number>>({
        "one has no place yet": { "weights.review.v1": 75, "weights.review.v3": 25 },
        "its place is a map": { "weights.review": 1 },
        "its place is a secret's": { token: "open" },
        "another place has the same value by an alias": { "base.v1": 2 },
        "its place is an alias": { "same.v1": 2 },
        "its path is into a list": { "list[0]": "two" },
        "another project has it": { "other:weights.review.v1": 1 },
        "Pulumi would make a text of it": { "weights.rating.v1": 99.5 },
        "Pulumi would make a number of it": { "stable.review": "12" },
        "Pulumi would make a truth value of it": { "stable.review": "true" },
        "it would have to be quoted": { "stable.review": "v1 # or so" },
    }))
        it(`are left to Pulumi where ${what}`, () => assert.equal(withValues(text, "web", values), undefined));
    for (const [what, broken] of Object.entries({
        "is no YAML": `${text}  - : }`,
        "says a key twice": `${text}  web:isOpen: false\n`,
        "is empty": "",
        "has several documents": `${text}---\n${text}`,
    }))
        it(`are left to Pulumi where the file ${what}`, () =>
            assert.equal(withValues(broken, "web", { isOpen: false }), undefined));

    it("are the only ones that change, whatever they are", () =>
        fc.assert(
            fc.property(fc.nat(100), fc.stringMatching(/^v[0-9a-z-]{0,8}$/), (v1, stable) => {
                const next = withValues(text, "web", { "weights.rating.v1": v1, "stable.review": stable });
                const expected = parse(text) as { config: Record<string, Record<string, unknown>> };
                Object.assign(expected.config["web:weights"]?.rating ?? {}, { v1 });
                Object.assign(expected.config["web:stable"] ?? {}, { review: stable });
                assert.deepEqual(parse(next ?? ""), expected);
            }),
        ));

    describe("in a project's folder", () => {
        let folder: string;
        const file = (): string => path.join(folder, "Pulumi.dev.yaml");
        beforeEach(() => {
            folder = fs.mkdtempSync(path.join(os.tmpdir(), "in-place-"));
            fs.mkdirSync(path.join(folder, "state/.pulumi/stacks/web"), { recursive: true });
            fs.writeFileSync(path.join(folder, "state/.pulumi/stacks/web/dev.json"), "{}");
            fs.writeFileSync(path.join(folder, "Pulumi.yaml"), "name: web\nruntime: nodejs\n");
            fs.writeFileSync(file(), text, { mode: 0o640 });
        });
        afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
        const write = (env: NodeJS.ProcessEnv = {}): boolean =>
            writeInPlace(
                { stack: "dev", folder, env: { PULUMI_BACKEND_URL: `file://${folder}/state`, ...env } },
                { isOpen: false },
            );

        it("are written whole, for the same readers", () => {
            assert.equal(write(), true);
            assert.equal(fs.readFileSync(file(), "utf8"), text.replace("isOpen: true", "isOpen: false"));
            assert.equal(fs.statSync(file()).mode & 0o777, 0o640);
            fs.chmodSync(file(), 0o600);
            assert.equal(write(), true);
            assert.equal(fs.statSync(file()).mode & 0o777, 0o600);
        });
        it("are written for the same group", function () {
            if (process.getuid?.() !== 0) return this.skip();
            fs.chownSync(file(), 0, 12_345);
            assert.equal(write(), true);
            const { gid, mode } = fs.statSync(file());
            assert.deepEqual([gid, mode & 0o777], [12_345, 0o640]);
        });
        it("are left to Pulumi where the file is mounted by itself, so that no other can take its place", function () {
            if (process.getuid?.() !== 0) return this.skip();
            const mounted = spawnSync("mount", ["--bind", file(), file()]);
            if (mounted.status !== 0) return this.skip();
            try {
                assert.equal(write(), false);
                assert.equal(fs.readFileSync(file(), "utf8"), text);
                assert.deepEqual(fs.readdirSync(folder).sort(), ["Pulumi.dev.yaml", "Pulumi.yaml", "state"]);
            } finally {
                spawnSync("umount", [file()]);
            }
        });
        it("are left to Pulumi where it reads another file, and where the file is a link", () => {
            assert.equal(write({ PULUMI_OPTION_CONFIG_FILE: "other.yaml" }), false);
            fs.renameSync(file(), path.join(folder, "real.yaml"));
            fs.symlinkSync("real.yaml", file());
            assert.equal(write(), false);
            assert.equal(fs.readFileSync(file(), "utf8"), text);
        });
    });
});

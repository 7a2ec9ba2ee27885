import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { diffText, filesFor, writeFiles } from "../../rollout/adopt/files";

const values = {
    weights: { cart: { v1: 80, v2: 20 } },
    canaryHeader: { name: "x-crew", exact: "true", to: "v2" },
    "kubernetes:context": "prod",
};
const config = { project: "shop", stack: "dev", values, folderOption: "--write FOLDER" };

describe("what an adoption writes", () => {
    let folder: string;
    beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "adopt-files-"))));
    afterEach(() => fs.rmSync(folder, { recursive: true }));
    const write = (file: string, text: string): void => fs.writeFileSync(path.join(folder, file), text);
    const read = (file: string): string => fs.readFileSync(path.join(folder, file), "utf8");

    it("is added to a config, in its own form, and texts stay texts", () => {
        const before = "# mine\nconfig:\n    shop:weights:\n        web: { v1: 100 }\n    shop:other: x\n";
        write("Pulumi.dev.yaml", before);
        const files = filesFor(folder, {}, config);
        writeFiles(folder, files);
        assert.equal(
            read("Pulumi.dev.yaml"),
            "# mine\nconfig:\n    shop:weights:\n        web: { v1: 100 }\n        cart:\n            v1: 80\n            v2: 20\n" +
                '    shop:other: x\n    shop:canaryHeader:\n        name: x-crew\n        exact: "true"\n        to: v2\n    kubernetes:context: prod\n',
        );
        assert.match(diffText(files), /^changed: Pulumi\.dev\.yaml\n {2}.*\n\+ {9}cart:\n/);
        assert.deepEqual(filesFor(folder, {}, config), [], "a second time there is nothing to write");
    });
    it("stands where Pulumi looks for a stack's config: by the stack's own name, in the folder of the project's configs", () => {
        const named = { ...config, stack: "acme/shop/prod" };
        assert.deepEqual(
            filesFor(folder, {}, named).map(({ file }) => file),
            ["Pulumi.prod.yaml"],
        );
        write("Pulumi.yaml", "name: shop\nruntime: nodejs\nstackConfigDir: stacks\n");
        assert.deepEqual(
            filesFor(folder, {}, named).map(({ file }) => file),
            ["stacks/Pulumi.prod.yaml"],
        );
    });
    it("is refused whole where anything that is there says otherwise, with what and how", () => {
        write(
            "Pulumi.dev.yaml",
            "config:\n  shop:canaryHeader: { name: x-old, exact: a, to: v1 }\n  kubernetes:context: dev\n",
        );
        write("cart-split.ts", "// mine\n");
        assert.throws(
            () => filesFor(folder, { "cart-split.ts": "// theirs\n", "index.ts": "" }, config),
            ({ message }: Error) => {
                assert.match(message, /^Nothing was written\.\n/);
                for (const part of [
                    /cart-split\.ts: is there, and says something else.*\n {2}fix: /,
                    /shop:canaryHeader is .*x-old.*\n {2}fix: give both services the same header/,
                    /kubernetes:context is "dev" there, and "prod" in the cluster\.\n {2}fix: use a project of its own: --write FOLDER/,
                ])
                    assert.match(message, part);
                return true;
            },
        );
        assert.equal(fs.existsSync(path.join(folder, "index.ts")), false);
    });
    it("is refused where the weights are a secret, or no map", () => {
        for (const own of ["{ secure: abc }", "text"]) {
            write("Pulumi.dev.yaml", `config:\n  shop:weights: ${own}\n`);
            const files = (): unknown => filesFor(folder, {}, { ...config, values: { weights: values.weights } });
            if (own === "text") assert.throws(files, /shop:weights\.cart is "text" there/);
            else assert.throws(files, /shop:weights is a secret/);
        }
    });
});

import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";

describe("the pages of the npm package", function () {
    this.timeout(60_000);

    it("link to what is in the package, each of them", () => {
        const root = projectRoot();
        const listed = execFileSync("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], {
            cwd: root,
            encoding: "utf8",
            stdio: ["ignore", "pipe", "ignore"],
            maxBuffer: 1 << 26,
        });
        const [packed] = JSON.parse(listed) as { files: { path: string }[] }[];
        const files = (packed?.files ?? []).map((file) => file.path);
        const pages = files.filter((file) => file.endsWith(".md"));
        for (const page of ["README.md", "docs/package.md", "docs/tutorial.md", "docs/release.md"])
            assert.ok(pages.includes(page), `${page} is not in it`);
        const isThere = (target: string): boolean =>
            files.includes(target) || files.some((file) => file.startsWith(`${target}/`));
        const nowhere = pages.flatMap((page) =>
            linksIn(fs.readFileSync(path.join(root, page), "utf8"))
                .map((link) => path.join(path.dirname(page), link))
                .filter((target) => !isThere(target))
                .map((target) => `${page}: ${target}`),
        );
        assert.deepEqual(nowhere, []);
    });
});

/** Files that a page links to, as it names them. */
function linksIn(text: string): string[] {
    const found = [...text.matchAll(/\]\(([^)\s#]+)(#[^)]*)?\)/g)].map(([, link = ""]) => link);
    return found.filter((link) => !/^[a-z]+:/.test(link));
}

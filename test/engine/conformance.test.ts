import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { TestProvider, type Message } from "../support/provider";

interface Recorded {
    method: string;
    request: Message;
    response: Message;
}

const folder = path.resolve(projectRoot(), "../shared/official-provider");

describe("the kubernetes provider beside the official one", () => {
    if (!fs.existsSync(folder)) {
        it("needs its recorded answers", function () {
            this.skip();
        });
        return;
    }

    let provider: TestProvider;
    const cwd = process.cwd();
    const charts = fs.mkdtempSync(path.join(os.tmpdir(), "charts-"));

    before(async () => {
        // The recordings name the chart by this path, and say that it had this version.
        fs.mkdirSync(path.join(charts, "CHARTS/gateway"), { recursive: true });
        fs.writeFileSync(path.join(charts, "CHARTS/gateway/Chart.yaml"), "name: gateway\nversion: 1.0.0\n");
        process.chdir(charts);
        // No cluster: what Check and Diff answer must not hang on one.
        provider = await TestProvider.start({ kubeconfig: path.join(charts, "none") });
    });

    after(() => {
        provider.stop();
        process.chdir(cwd);
        fs.rmSync(charts, { recursive: true });
    });

    for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".jsonl"))) {
        const recorded = fs
            .readFileSync(path.join(folder, file), "utf8")
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Recorded);
        const count = (method: string): number => recorded.filter((one) => one.method === method).length;

        it(`checks as it does: ${file}, ${count("Check")} calls`, async () => {
            for (const { request, response } of recorded.filter(({ method }) => method === "Check")) {
                assert.deepEqual(await provider.check(request), response, String(request.urn));
            }
        });

        it(`finds the same differences: ${file}, ${count("Diff")} calls`, async () => {
            for (const { request, response } of recorded.filter(({ method }) => method === "Diff")) {
                assert.deepEqual(await provider.diff(request), response, String(request.urn));
            }
        });
    }
});

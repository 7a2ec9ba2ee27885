import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { contextOf } from "../../cluster/embedded/layout";
import { whereNobody } from "../../components/mesh/unreachable";

describe("a cluster that a hook can't reach", () => {
    const refused = (): Error => Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
    const said = "the cluster does not answer: connect ECONNREFUSED 127.0.0.1:1\n  fix: ";

    it("is started by its own name where it is an embedded one", () => {
        const access = { kubeconfig: "/nowhere", context: contextOf("second") };
        assert.equal(whereNobody(refused(), access).message, `${said}npx upshift cluster up --name second`);
    });

    it("is asked what is wrong where it is any other, by the kubeconfig and context that the hook has", () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "it's a "));
        try {
            const kubeconfig = path.join(folder, "config");
            fs.writeFileSync(kubeconfig, "");
            const quoted = `'${kubeconfig.replace("'", "'\\''")}'`;
            assert.equal(
                whereNobody(refused(), { kubeconfig, context: "k3d-mine" }).message,
                `${said}kubectl --kubeconfig ${quoted} --context k3d-mine cluster-info`,
            );
        } finally {
            fs.rmSync(folder, { recursive: true });
        }
    });

    it("is told of without its kubeconfig where that is given as text, which has secrets", () => {
        assert.equal(whereNobody(refused(), { kubeconfig: "users: [secret]" }).message, `${said}kubectl cluster-info`);
    });

    it("is not what another error is about", () => {
        const other = new Error("v2 has no endpoint");
        assert.equal(whereNobody(other, {}), other);
    });
});

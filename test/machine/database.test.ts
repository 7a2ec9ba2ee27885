import * as assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { promisify } from "node:util";
import { clusterDown, clusterUp, insideCommand } from "../../cluster/embedded/cluster";
import { database, databaseAddress } from "../../cluster/embedded/database/access";
import { databaseOf } from "../../cluster/embedded/database/order";
import { cgroupOf, clusterDir, network } from "../../cluster/embedded/layout";
import { until } from "../../cluster/embedded/probes";
import { clusterStatus, type PartReport } from "../../cluster/embedded/status";
import { toolPath } from "../../cluster/tools/tools";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { populationOf, remainsOf } from "../support/machine";

const run = promisify(execFile);
const name = "test-database";

describe("the database beside the embedded cluster", function () {
    this.timeout(600_000);
    let service: ChildProcess | undefined;

    const up = (options: { database?: boolean } = {}): Promise<unknown> => clusterUp(name, options, () => undefined);
    /** A program in the cluster's network. */
    const inside = async (...command: string[]): Promise<string> => {
        const [program = "", ...args] = [...insideCommand(name), ...command];
        return (await run(program, args, { timeout: 20_000 })).stdout;
    };
    const ask = async (path: string, ...curl: string[]): Promise<string> =>
        inside("curl", "--silent", "--show-error", ...curl, `http://127.0.0.1:18080/usermgmt/${path}`);

    before(async function () {
        leaveOutWhereNoneRuns(this, name);
        await clusterDown(name, { delete: true });
    });
    after(async () => {
        service?.kill("SIGKILL");
        await clusterDown(name, { delete: true });
    });

    it("is not there unless it is ordered", async () => {
        await up();
        assert.equal(databaseOf(name), undefined);
        assert.equal(await partNamed("mariadbd"), undefined);
    });

    it("is brought to a cluster that runs, and is a part like any other", async () => {
        await up({ database: true });
        assert.equal((await partNamed("mariadbd"))?.state, "running");
        assert.equal((await clusterStatus(name))?.phase, "ready");
    });

    it("keeps its password and its data from other users' eyes", () => {
        const closed = ["password", "accounts.sql", "data"].map(
            (file) => fs.statSync(clusterDir(name, "database", file)).mode & 0o077,
        );
        assert.deepEqual(closed, [0, 0, 0]);
    });

    it("runs as a user who is nobody else on this machine", async () => {
        const { pid } = (await partNamed("mariadbd")) ?? assert.fail("it does not run");
        const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
        assert.match(status, /^Uid:\s10306\s10306\s10306\s10306$/m);
        assert.match(status, /^CapBnd:\s0+$/m);
        assert.match(status, /^NoNewPrivs:\s1$/m);
    });

    it("has a name that the cluster's name server knows", async () => {
        const script = `
            const resolver = new (require("node:dns/promises").Resolver)();
            resolver.setServers(["${network.dns}"]);
            resolver.resolve4("${database.host}").then(console.log);`;
        assert.match(await inside(process.execPath, "-e", script), new RegExp(databaseAddress));
    });

    it("serves user-management, which makes its table and the first users", async () => {
        await startService();
        assert.match(await ask("health-status"), /"database":"UP"/);
        assert.match(await ask("users"), /"username":"admin"/);
    });

    it("keeps what it was told through its own death", async () => {
        const user = {
            username: "user",
            email: "magnus@example.com",
            firstname: "M",
            lastname: "L",
            role: "ROLE_USER",
        };
        const { pid, restarts } = (await partNamed("mariadbd")) ?? assert.fail("it does not run");
        // POST would ask notification, which does not run here.
        assert.match(await ask("user", "-X", "PUT", "-d", JSON.stringify(user)), /magnus@/);
        process.kill(pid ?? assert.fail("no process"), "SIGKILL");
        await until(async () => {
            const part = await partNamed("mariadbd");
            assert.deepEqual([part?.state, part?.restarts], ["running", restarts + 1]);
        }, 60_000);
        await until(async () => assert.match(await ask("user/user"), /magnus@example\.com/), 30_000);
    });

    it("comes back with its data when the cluster does, without being ordered again", async () => {
        const { password } = databaseOf(name) ?? assert.fail("it was not ordered");
        await stopService();
        await clusterDown(name);
        // As a crash of the machine may leave it: what was ordered stays ordered.
        fs.writeFileSync(clusterDir(name, "database", "order.json"), "");
        await up();
        assert.equal((await partNamed("mariadbd"))?.state, "running");
        assert.equal(databaseOf(name)?.password, password);
        await startService();
        assert.match(await ask("user/user"), /magnus@example\.com/);
    });

    it("lets nobody in with another password", async () => {
        const [program, ...rest] = [...insideCommand(name), toolOfService(), "user-management"];
        const env = {
            ...process.env,
            ...serviceEnvironment(),
            DB_PASSWORD: "wrong",
            LISTEN: ":18081",
            HEALTH_LISTEN: ":18082",
        };
        const refused = spawn(program, rest, { env, stdio: "ignore" });
        try {
            await until(async () => {
                const told = await inside("curl", "--silent", "http://127.0.0.1:18081/usermgmt/users");
                assert.match(told, /"status":503/);
            }, 20_000);
        } finally {
            refused.kill("SIGKILL");
        }
    });

    it("leaves nothing after down --delete", async () => {
        await stopService();
        const population = populationOf(cgroupOf(name));
        await clusterDown(name, { delete: true });
        assert.deepEqual(remainsOf(population, cgroupOf(name)), []);
        assert.equal(fs.existsSync(clusterDir(name)), false);
    });

    async function partNamed(part: string): Promise<PartReport | undefined> {
        return (await clusterStatus(name))?.parts.find((candidate) => candidate.name === part);
    }

    function toolOfService(): string {
        return toolPath("demo-v1");
    }

    function serviceEnvironment(): Record<string, string> {
        return {
            DB_HOSTNAME: databaseAddress,
            DB_PASSWORD_FILE: clusterDir(name, "database", "password"),
            // In the cluster's own network, which nothing outside reaches.
            DB_TLS: "off",
            LISTEN: ":18080",
            HEALTH_LISTEN: ":18004",
            DRAIN: "0s",
        };
    }

    async function startService(): Promise<void> {
        const [program, ...args] = [...insideCommand(name), toolOfService(), "user-management"];
        const env = { ...process.env, ...serviceEnvironment() };
        // Why it does not start belongs into the log of the test.
        service = spawn(program, args, { env, stdio: ["ignore", "ignore", "inherit"] });
        await until(
            () => inside("curl", "--silent", "--fail", "http://127.0.0.1:18004/actuator/health/readiness"),
            60_000,
        );
    }

    async function stopService(): Promise<void> {
        if (!service || service.exitCode !== null) return;
        const ended = once(service, "exit");
        service.kill("SIGTERM");
        await ended;
    }
});

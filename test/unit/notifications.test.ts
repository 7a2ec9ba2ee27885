import * as assert from "node:assert/strict";
import * as net from "node:net";
import { readSettings } from "../../systems/config/read";
import { accounts, scripts } from "../../cluster/embedded/database/install";
import { databasePart, greets } from "../../cluster/embedded/database/part";
import { albAnnotations } from "../../systems/notifications/AlbIngress";
import { edgeRoutes } from "../../systems/notifications/edge";
import { notificationTracingName, tracingEnv } from "../../systems/notifications/tracing";
import { notifications as program } from "../../systems/notifications/program";
import { Asked } from "../support/program";

interface Deployment {
    spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } };
}

const read = (config: Record<string, unknown>) =>
    readSettings({
        system: "notifications",
        ...Object.fromEntries(
            Object.entries(config).map(([key, value]) => [
                key,
                typeof value === "string" ? value : JSON.stringify(value),
            ]),
        ),
    });
const messages = (config: Record<string, unknown>): string[] =>
    read(config).problems.map(({ at, message }) => `${at}: ${message}`);

describe("the system notifications", () => {
    describe("its config", () => {
        it("splits by four replicas unless told otherwise, and v2 has no Deployment before it is named", () => {
            const { notification } = read({}).settings?.services ?? {};
            assert.deepEqual(
                [notification?.strategy, notification?.total, notification?.versions],
                ["replicas", 4, ["v1"]],
            );
            assert.deepEqual(
                read({ weights: { notification: { v1: 100, v2: 0 } } }).settings?.services.notification?.versions,
                ["v1", "v2"],
            );
        });

        it("takes the mesh instead, and no other strategy", () => {
            const strategy = (name: string) => ({ strategy: { notification: name } });
            assert.equal(read(strategy("mesh")).settings?.services.notification?.strategy, "mesh");
            assert.match(messages(strategy("pairs")).join(), /^strategy\.notification: .*replicas, mesh/);
        });

        it("refuses a canary header where replicas decide: they can't tell requests apart", () => {
            const config = {
                canaryHeader: { name: "X-group", exact: "test", to: "v2" },
                weights: { notification: { v1: 75, v2: 25 } },
            };
            assert.deepEqual(messages(config), ["canaryHeader: strategy replicas can't tell requests apart"]);
        });

        it("knows an RDS database with its password, and what AWS's controllers read", () => {
            const notifications = {
                database: "usermgmtdb.abc.eu-west-1.rds.amazonaws.com",
                databasePassword: "secret",
                certificateArn: "arn:aws:acm:eu-west-1:180789647333:certificate/9f042b5d-86fd-4fad-96d0-c81c5abc71e1",
                hostname: "demo.example.com",
            };
            const { settings, problems } = read({ notifications });
            assert.deepEqual(problems, []);
            assert.deepEqual(settings?.systems.notifications?.options, notifications);
        });

        it("verifies the database's certificate, for its own name, by the authority that is given", async () => {
            const ca = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
            const env = async (place: object, notifications?: object): Promise<Record<string, string | undefined>> => {
                const asked = await Asked.of(
                    (settings, around) => program(settings, { ...around, place: { ...around.place, ...place } }),
                    {
                        system: '["notifications"]',
                        ...(notifications && { notifications: JSON.stringify(notifications) }),
                    },
                );
                const { spec } = asked.one<Deployment>("Deployment", "notifications/user-management-v1");
                return Object.fromEntries(
                    spec.template.spec.containers[0]?.env.map(({ name, value }) => [name, value]) ?? [],
                );
            };
            const remote = await env({}, { database: "db.example.com", databasePassword: "x", databaseCa: ca });
            assert.deepEqual([remote.DB_TLS, remote.DB_TLS_NAME, remote.DB_CA], [undefined, "db.example.com", ca]);
            const beside = { host: "mysql.upshift.internal", port: 3306, name: "usermgmt", user: "u", password: "x" };
            const embedded = await env({ database: beside });
            assert.deepEqual([embedded.DB_TLS, embedded.DB_TLS_NAME], ["off", undefined]);
            assert.match(
                messages({ notifications: { database: "db", databasePassword: "x", databaseCa: "rds.pem" } }).join(),
                /^notifications\.databaseCa: .*it must be PEM/,
            );
        });

        it("names every wrong setting, and never shows the password", () => {
            const told = messages({
                notifications: {
                    databasePassword: "hunter2",
                    certificateArn: "arn:aws:s3:::x",
                    hostname: "a b",
                    databse: "x",
                },
            }).join("\n");
            for (const key of ["certificateArn", "hostname", "databse"])
                assert.match(told, new RegExp(`notifications\\.${key}`));
            assert.doesNotMatch(told, /hunter2/);
            const alone = messages({ notifications: { databasePassword: "hunter2" } }).join("\n");
            assert.match(alone, /^notifications\.database: .*database and databasePassword go together/);
            assert.doesNotMatch(alone, /hunter2/);
        });
    });

    it("gives each version's segments a name of its own, in the document's variables", () => {
        assert.deepEqual(tracingEnv(notificationTracingName("v2"), "xray-service.default:2000"), {
            AWS_XRAY_TRACING_NAME: "V2-Notification-Microservice",
            AWS_XRAY_DAEMON_ADDRESS: "xray-service.default:2000",
            AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
            TRACED_PERCENT: "100",
        });
    });

    it("tells AWS's controllers of redirect, certificate and record, and waits for none of them", () => {
        const annotations = albAnnotations({ hostname: "demo.example.com", certificateArn: "arn:aws:acm:x" });
        assert.equal(annotations["alb.ingress.kubernetes.io/ssl-redirect"], "443");
        assert.equal(annotations["alb.ingress.kubernetes.io/certificate-arn"], "arn:aws:acm:x");
        assert.equal(annotations["external-dns.alpha.kubernetes.io/hostname"], "demo.example.com");
        assert.equal(annotations["pulumi.com/skipAwait"], "true");
        assert.ok(!("alb.ingress.kubernetes.io/certificate-arn" in albAnnotations({ hostname: "a" })));
    });

    it("serves the collector's pages only where there is a collector, and tries nothing again", () => {
        interface Routes {
            http: { name: string; retries: { attempts: number } }[];
        }
        const names = (collector?: string) =>
            (edgeRoutes("a", "gw", "user-management", collector) as Routes).http.map(
                ({ name, retries }) => `${name} ${retries.attempts}`,
            );
        assert.deepEqual(names(), ["user-writes 0", "user-management 0"]);
        assert.deepEqual(names("xray-service"), ["user-writes 0", "user-management 0", "xray 0"]);
    });

    it("limits at its own gateway's pods how often a second users are made or changed, and nothing else", async () => {
        interface Filter {
            spec: {
                workloadSelector: { labels: object };
                configPatches: {
                    applyTo: string;
                    match: { routeConfiguration?: { vhost: object } };
                    patch: { value: object };
                }[];
            };
        }
        interface Served {
            spec: { hosts: string[]; http: { name: string; match: { method?: { exact: string } }[] }[] };
        }
        const beside = { host: "mysql.upshift.internal", port: 3306, name: "usermgmt", user: "u", password: "x" };
        const asked = await Asked.of(
            (settings, around) => program(settings, { ...around, place: { ...around.place, database: beside } }),
            { system: '["notifications"]' },
        );
        const { spec } = asked.one<Filter>("EnvoyFilter", "istio-ingress/notifications-user-writes");
        assert.deepEqual(spec.workloadSelector.labels, { "upshift.dev/stack": "project.stack" });
        const [filter, route] = spec.configPatches;
        // By itself the filter counts nothing: it has no bucket.
        assert.doesNotMatch(JSON.stringify(filter?.patch.value), /token_bucket/);
        const served = asked.one<Served>("VirtualService", "notifications/notifications-edge-vs").spec;
        const [limited, ...others] = served.http;
        assert.deepEqual(route?.match.routeConfiguration?.vhost, {
            name: `${served.hosts[0]}:443`,
            route: { name: limited?.name },
        });
        assert.match(JSON.stringify(route?.patch.value), /{"fill_interval":"1s","max_tokens":5,"tokens_per_fill":5}/);
        assert.deepEqual(
            limited?.match.map(({ method }) => method?.exact),
            ["POST", "PUT"],
        );
        assert.ok(others.every(({ name }) => name !== limited?.name));
    });
});

describe("the database beside the embedded cluster", () => {
    it("makes schema and account anew at each start, with a password that can't end its text", () => {
        const sql = accounts("abcdefghijklmnop-_09");
        assert.match(sql, /^CREATE DATABASE IF NOT EXISTS `usermgmt`/);
        assert.match(sql, /ALTER USER 'dbadmin'@'%' IDENTIFIED BY 'abcdefghijklmnop-_09';\n/);
        assert.match(sql, /GRANT ALL PRIVILEGES ON `usermgmt`\.\* TO 'dbadmin'@'%';\n$/);
        assert.throws(() => accounts("a'; DROP DATABASE mysql; --"), /not one that was drawn here/);
    });

    it("runs without privilege, on the node's address alone, by no configuration of the machine", () => {
        const { command } = databasePart({ program: "/usr/sbin/mariadbd", scripts: "/usr/share/mysql" });
        assert.deepEqual(command.slice(0, 3), ["setpriv", "--reuid=10306", "--regid=10306"]);
        assert.equal(command[command.indexOf("/usr/sbin/mariadbd") + 1], "--no-defaults");
        assert.ok(command.includes("--bind-address=10.200.0.1"));
        assert.equal(scripts[0], "mysql_system_tables.sql");
    });

    it("counts as running when it greets, and not when something else listens or nothing does", async () => {
        const answering = async (bytes: Buffer): Promise<void> => {
            const server = net.createServer((socket) => socket.end(bytes)).listen(0, "127.0.0.1");
            await new Promise((resolve) => server.once("listening", resolve));
            try {
                await greets("127.0.0.1", (server.address() as net.AddressInfo).port);
            } finally {
                server.close();
            }
        };
        await answering(Buffer.from([74, 0, 0, 0, 10, 53]));
        await assert.rejects(answering(Buffer.from("HTTP/1.1 400")), /does not greet as MySQL does/);
        await assert.rejects(answering(Buffer.alloc(0)), /hangs up/);
        const closed = net.createServer().listen(0, "127.0.0.1");
        await new Promise((resolve) => closed.once("listening", resolve));
        const { port } = closed.address() as net.AddressInfo;
        await new Promise((resolve) => closed.close(resolve));
        await assert.rejects(greets("127.0.0.1", port), /ECONNREFUSED/);
    });
});

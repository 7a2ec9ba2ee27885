import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { settle, writeWhole } from "../../wholeFile.mjs";
import { insideDir } from "../layout";
import { database } from "./access";
import { databaseFolder, databasePassword, isDrawn, systemTables, type DatabaseOrder } from "./order";

/** The user and group of the server, in no list of users: it may write its own data, and nothing else of the machine. */
export const serverUser = 10306;

/** The database's files, as the cluster's processes see them. */
export const files = {
    data: insideDir(databaseFolder, "data"),
    /** SQL that the server runs at each start. */
    accounts: insideDir(databaseFolder, "accounts.sql"),
};

/** The command that runs a program as the server's user, with no privilege and no way to get one. */
export const asServer = [
    "setpriv",
    `--reuid=${serverUser}`,
    `--regid=${serverUser}`,
    "--clear-groups",
    "--no-new-privs",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--",
] as const;

/** What the server is told in any case, and first: nothing of the machine's own configuration, and little memory. */
export const common = (data: string): string[] => [
    "--no-defaults",
    `--datadir=${data}`,
    "--innodb-log-file-size=16M",
    "--innodb-buffer-pool-size=32M",
    "--aria-pagecache-buffer-size=8M",
    "--skip-name-resolve",
];

/** Makes the server's own tables if they aren't there yet, and writes what it does at its start. */
export async function installDatabase(order: DatabaseOrder): Promise<void> {
    const sql = accounts(databasePassword(insideDir()));
    writeWhole(files.accounts, sql, { owner: serverUser });
    if (fs.existsSync(files.data)) return;
    const draft = `${files.data}.new`;
    fs.rmSync(draft, { recursive: true, force: true });
    fs.mkdirSync(draft, { mode: 0o700 });
    fs.chownSync(draft, serverUser, serverUser);
    await bootstrap(order, draft);
    settle(draft);
    fs.renameSync(draft, files.data);
}

/**
 * The schema and the account that pods use, made or brought up to date. The administrator has no password: it is root on this
 * machine, by the server's socket, and nobody else.
 *
 * @throws when the password could end the text that it stands in
 */
export function accounts(password: string): string {
    if (!isDrawn(password)) throw new Error("The database's password is not one that was drawn here.");
    const user = `'${database.user}'@'%'`;
    return [
        `CREATE DATABASE IF NOT EXISTS \`${database.name}\` CHARACTER SET utf8mb4;`,
        `CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY '${password}';`,
        `ALTER USER ${user} IDENTIFIED BY '${password}';`,
        `GRANT ALL PRIVILEGES ON \`${database.name}\`.* TO ${user};`,
        "",
    ].join("\n");
}

/** The server's SQL files in the order in which its own installer runs them. */
export const scripts = [systemTables, "mysql_performance_tables.sql", "mysql_system_tables_data.sql"] as const;

async function bootstrap({ program, scripts: folder }: DatabaseOrder, data: string): Promise<void> {
    const [command, ...args] = [...asServer, program, ...common(data), "--bootstrap"];
    // As the server's installer does: its scripts name engines that the default settings would replace.
    const installing = ["--log-warnings=0", "--enforce-storage-engine=", "--max_allowed_packet=8M"];
    const child = spawn(command, [...args, ...installing], { stdio: ["pipe", "ignore", "pipe"] });
    const said = text(child.stderr);
    const ended = new Promise<number | null>((resolve, reject) => {
        child.on("error", reject);
        child.on("exit", resolve);
    });
    // When it ends before it has read all, its exit code says so.
    child.stdin.on("error", () => undefined);
    child.stdin.write(`CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket='root';\n`);
    for (const script of scripts) child.stdin.write(fs.readFileSync(path.join(folder, script)));
    child.stdin.end();
    const code = await ended;
    if (code !== 0) throw new Error(`${program} --bootstrap ended with ${code}:\n${(await said).slice(-2000)}`);
}

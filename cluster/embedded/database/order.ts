import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { toolPath } from "../../tools/tools";
import { readJson, writeWhole } from "../../wholeFile.mjs";
import { clusterDir, command } from "../layout";
import { database, type DatabaseAccess } from "./access";
import { UserError } from "../../../components/userError";

/** What the supervisor is told of the database that it shall run. */
export interface DatabaseOrder {
    /** The server's program. */
    program: string;
    /** The folder with the SQL files that make its own tables. */
    scripts: string;
}

/** In a cluster's folder, all of the database. */
export const databaseFolder = "database";
const orderFile = "order.json";
const passwordFile = "password";

/** Where Debian keeps the server's SQL files, by its releases. */
const scriptFolders = ["/usr/share/mysql", "/usr/share/mariadb"];
/** The file by which the folder is known. */
export const systemTables = "mysql_system_tables.sql";

/**
 * Orders a database for a cluster: from now on it runs whenever the cluster does. The first order draws the password, which
 * stays in a file that only its owner can read. Each start orders anew what was ordered before: programs move with the
 * machine's updates, and a file that a crash has torn is made again.
 *
 * @returns whether it had not been ordered before
 * @throws when the server is not installed
 */
export function orderDatabase(cluster: string): boolean {
    const program = toolPath("mariadbd");
    const scripts = scriptFolders.find((folder) => fs.existsSync(path.join(folder, systemTables)));
    if (scripts === undefined)
        throw new UserError({
            what: `MariaDB's ${systemTables} is in none of ${scriptFolders.join(", ")}.`,
            fix: "apt-get install --reinstall mariadb-server-core",
        });
    const isNew = !isDatabaseOrdered(cluster);
    // Its server is another user, who must get to its data.
    fs.mkdirSync(clusterDir(cluster, databaseFolder), { recursive: true, mode: 0o755 });
    const password = clusterDir(cluster, databaseFolder, passwordFile);
    if (!fs.existsSync(password) || !isDrawn(fs.readFileSync(password, "utf8")))
        writeWhole(password, crypto.randomBytes(24).toString("base64url"));
    const order: DatabaseOrder = { program, scripts };
    writeWhole(clusterDir(cluster, databaseFolder, orderFile), JSON.stringify(order));
    return isNew;
}

/** Whether a cluster has a database, also where the order itself can't be read any more. */
export function isDatabaseOrdered(cluster: string): boolean {
    return fs.existsSync(clusterDir(cluster, databaseFolder, orderFile));
}

/** @param dir the cluster's folder, as the caller sees it. @returns undefined when no database was ordered, or the order is torn */
export function databaseOrder(dir: string): DatabaseOrder | undefined {
    return readJson<DatabaseOrder>(path.join(dir, databaseFolder, orderFile));
}

/** Calls back once when a database is ordered. @param dir the cluster's folder, as the caller sees it */
export function whenOrdered(dir: string, ordered: (order: DatabaseOrder) => void): void {
    const file = path.join(dir, databaseFolder, orderFile);
    const look = (): void => {
        const order = databaseOrder(dir);
        if (order === undefined) return;
        fs.unwatchFile(file, look);
        ordered(order);
    };
    fs.watchFile(file, { interval: 500, persistent: false }, look);
    // It may have come between the last look and the watch.
    look();
}

/** @returns how pods reach the cluster's database; undefined when none was ordered */
export function databaseOf(cluster: string): DatabaseAccess | undefined {
    if (!isDatabaseOrdered(cluster)) return undefined;
    const password = databasePassword(clusterDir(cluster));
    if (isDrawn(password)) return { ...database, password };
    throw new Error(
        `${clusterDir(cluster, databaseFolder, passwordFile)} holds no password (a crash?).\n` +
            `  fix: ${command(cluster, "down")} && ${command(cluster, "up")} draws another`,
    );
}

/** @param dir the cluster's folder, as the caller sees it */
export function databasePassword(dir: string): string {
    return fs.readFileSync(path.join(dir, databaseFolder, passwordFile), "utf8");
}

/** Whether a text is a password as they are drawn here; no such one could end the SQL text that it stands in. */
export function isDrawn(password: string): boolean {
    return /^[\w-]{16,}$/.test(password);
}

import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { toolPath } from "../../tools/tools";
import { writeSecret } from "../kubeconfig";
import { clusterDir } from "../layout";
import { database, type DatabaseAccess } from "./access";

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
 * stays in a file that only its owner can read.
 *
 * @returns whether it had not been ordered before
 * @throws when the server is not installed
 */
export function orderDatabase(cluster: string): boolean {
    const program = toolPath("mariadbd");
    const scripts = scriptFolders.find((folder) => fs.existsSync(path.join(folder, systemTables)));
    if (scripts === undefined)
        throw new Error(
            `MariaDB's ${systemTables} is in none of ${scriptFolders.join(", ")}.\n  fix: apt-get install --reinstall mariadb-server-core`,
        );
    const folder = clusterDir(cluster, databaseFolder);
    fs.mkdirSync(folder, { recursive: true });
    const password = path.join(folder, passwordFile);
    if (!fs.existsSync(password)) writeSecret(password, crypto.randomBytes(24).toString("base64url"));
    const order = path.join(folder, orderFile);
    const isNew = !fs.existsSync(order);
    fs.writeFileSync(`${order}.new`, JSON.stringify({ program, scripts } satisfies DatabaseOrder));
    fs.renameSync(`${order}.new`, order);
    return isNew;
}

/** @param dir the cluster's folder, as the caller sees it. @returns undefined when no database was ordered */
export function databaseOrder(dir: string): DatabaseOrder | undefined {
    const file = path.join(dir, databaseFolder, orderFile);
    return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as DatabaseOrder) : undefined;
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
    const dir = clusterDir(cluster);
    return databaseOrder(dir) && { ...database, password: databasePassword(dir) };
}

/** @param dir the cluster's folder, as the caller sees it */
export function databasePassword(dir: string): string {
    return fs.readFileSync(path.join(dir, databaseFolder, passwordFile), "utf8");
}

import * as net from "node:net";
import * as path from "node:path";
import { insideDir } from "../layout";
import type { PartSpec } from "../part";
import { database, databaseAddress } from "./access";
import { asServer, common, files } from "./install";
import type { DatabaseOrder } from "./order";

/** How to run the database's server, once its data are there. */
export function databasePart({ program }: DatabaseOrder): PartSpec {
    return {
        name: "mariadbd",
        command: [
            ...asServer,
            program,
            ...common(files.data),
            `--init-file=${files.accounts}`,
            `--socket=${path.join(files.data, "socket")}`,
            `--pid-file=${path.join(files.data, "pid")}`,
            `--bind-address=${databaseAddress}`,
            `--port=${database.port}`,
            "--max-connections=100",
        ],
        log: insideDir("logs", "mariadbd.log"),
        probe: () => greets(databaseAddress, database.port),
    };
}

/** Resolves when a MySQL server greets whoever connects: the fifth byte of its first packet is the protocol's version, 10. */
export function greets(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
        const connection = net.connect({ host, port, timeout: 2000 });
        connection.once("data", (packet) => {
            connection.destroy();
            if (packet[4] === 10) resolve();
            else reject(new Error(`${host}:${port} does not greet as MySQL does`));
        });
        connection.on("timeout", () => connection.destroy(new Error(`${host}:${port} does not answer`)));
        connection.on("error", reject);
        connection.on("end", () => reject(new Error(`${host}:${port} hangs up`)));
    });
}

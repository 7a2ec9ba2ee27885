import { network } from "../layout";

/** How a program reaches a MySQL database. */
export interface DatabaseAccess {
    /** A name that pods can look up. */
    readonly host: string;
    readonly port: number;
    /** The schema. */
    readonly name: string;
    readonly user: string;
    readonly password: string;
}

/** The database beside an embedded cluster, as its pods reach it. The user owns the schema, and nothing else. */
export const database = {
    host: "mysql.upshift.internal",
    port: 3306,
    name: "usermgmt",
    user: "dbadmin",
} as const;

/** Where it listens: on the node, which pods reach and nothing beyond the cluster's network does. */
export const databaseAddress = network.node;

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** A MySQL database that is not in the cluster: an RDS database, or the one beside the embedded cluster. */
export interface DatabaseAccess {
    /** Its host name. */
    host: string;
    /** Default 3306. */
    port?: number;
    /** The schema. Default `usermgmt`. */
    name?: string | undefined;
    /** Default `dbadmin`. */
    user?: string | undefined;
    /** Kept as a secret. */
    password: pulumi.Input<string>;
    /** Whether it is spoken to by TLS, with a certificate for its host name that is verified. Default true. */
    tls?: boolean;
    /** Who must have signed that certificate, PEM: RDS has an authority for each region. Default: whom the image trusts. */
    ca?: string | undefined;
}

/** The arguments of a Database. */
export interface DatabaseArgs extends DatabaseAccess {
    namespace: pulumi.Input<string>;
}

/**
 * The name `mysql`, under which pods find the database wherever it is (an ExternalName Service, the document's
 * 01-MySQL-externalName-Service.yml), and the Secret with which they get in.
 */
export class Database extends pulumi.ComponentResource {
    /** `DB_HOSTNAME` and its like, for the pods that use it. */
    readonly env: Record<string, pulumi.Input<string>>;
    /** The Secret that holds `DB_PASSWORD`. */
    readonly secret: pulumi.Output<string>;

    /** @param name The _unique_ name of the resource, and the name that pods call the database. */
    constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Database", name, {}, opts);
        const child = { parent: this };
        const { namespace, host, port = 3306, name: schema = "usermgmt", user = "dbadmin" } = args;
        const service = new k8s.core.v1.Service(
            name,
            { metadata: { name, namespace }, spec: { type: "ExternalName", externalName: host } },
            child,
        );
        const password = new k8s.core.v1.Secret(
            `${name}-db-password`,
            {
                metadata: { name: `${name}-db-password`, namespace },
                stringData: { DB_PASSWORD: pulumi.secret(args.password) },
            },
            child,
        );
        this.secret = password.metadata.name;
        this.env = {
            ...{ DB_HOSTNAME: service.metadata.name, DB_PORT: String(port), DB_NAME: schema, DB_USERNAME: user },
            // Pods call it by the Service's name, and its certificate is for its own.
            ...((args.tls ?? true) ? { DB_TLS_NAME: host, ...(args.ca && { DB_CA: args.ca }) } : { DB_TLS: "off" }),
        };
        this.registerOutputs({ secret: this.secret });
    }
}

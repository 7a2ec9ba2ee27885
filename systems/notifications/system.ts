import { z } from "zod";
import { ServiceStrategy } from "../../components/traffic/split/strategy";
import { text } from "../../cluster/typed";
import type { KnownSystem } from "../known";

const hostName = z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "it must be a host name, such as db.example.com");

/** `upshift:notifications`: what this system needs to know of AWS. Nothing of it is needed on the embedded cluster. */
export const notificationsOptions = z
    .strictObject({
        /** Host name of the MySQL database, such as an RDS endpoint. Default: the one beside the embedded cluster. */
        database: hostName.optional(),
        /** The password of its user; set it with `--secret`. */
        databasePassword: text(z.string().min(1)).optional(),
        /** Who must have signed its certificate, PEM: for RDS, the bundle of its region. Default: whom the image trusts. */
        databaseCa: z
            .string()
            .regex(/^\s*(#.*\s+)*-----BEGIN CERTIFICATE-----/, "it must be PEM: -----BEGIN CERTIFICATE-----…")
            .optional(),
        /** Default `dbadmin`. */
        databaseUser: text(z.string().min(1)).optional(),
        /** The schema. Default `usermgmt`. */
        databaseName: text(z.string().min(1)).optional(),
        /** The certificate that the ALB shows. */
        certificateArn: z
            .string()
            .regex(
                /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
                "it must be arn:aws:acm:…:certificate/…",
            )
            .optional(),
        /** The record that ExternalDNS makes. Default: the host under which the gateway serves the system. */
        hostname: hostName.optional(),
        /** Amazon's X-Ray daemon, or one like it. Default: our own collector. */
        xrayImage: text(z.string().min(1)).optional(),
        /** The IAM role of Amazon's daemon. */
        xrayRoleArn: z
            .string()
            .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/, "it must be arn:aws:iam::…:role/…")
            .optional(),
        /** How many of the requests are traced, in percent. Default 100. */
        tracedPercent: z.number().min(0).max(100).optional(),
    })
    .refine(({ database, databasePassword }) => (database === undefined) === (databasePassword === undefined), {
        message: "database and databasePassword go together",
        path: ["database"],
    });

export type NotificationsOptions = z.infer<typeof notificationsOptions>;

/** The system of seed 003: user-management, and notification in two versions. */
export const notifications: KnownSystem = {
    name: "notifications",
    needs: {
        namespaces: ["notifications"],
        secrets: true,
        // The X-Ray daemon on every node, and the Ingress of the load balancer.
        more: { apps: ["daemonsets"], "networking.k8s.io": ["ingresses"] },
    },
    host: "canarydemo.awseksstudy.com",
    services: [
        { name: "user-management", versions: ["v1"], strategies: [] },
        {
            name: "notification",
            versions: ["v1", "v2"],
            named: true,
            strategies: [ServiceStrategy.Replicas, ServiceStrategy.Mesh],
        },
    ],
    options: notificationsOptions,
};

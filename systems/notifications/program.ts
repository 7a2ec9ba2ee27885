import * as pulumi from "@pulumi/pulumi";
import type { Place } from "../../cluster/place";
import { Gateway, RateLimit } from "../../components";
import type { DatabaseAccess } from "./Database";
import { Notifications } from "./Notifications";
import { userWrites, userWritesPerSecond } from "./edge";
import type { Settings } from "../config/read";
import { notifications as known, type NotificationsOptions } from "./system";
import { demoImage, versionsOf } from "../program/images";
import { stepOf } from "../program/step";
import type { Surroundings, SystemOutputs } from "../program/surroundings";

/** The system of seed 003, at a gateway with TLS. */
export function notifications(settings: Settings, { opts, place, ingress }: Surroundings): SystemOutputs {
    const { host = known.host, options: given } = settings.systems.notifications ?? {};
    const options = (given ?? {}) as NotificationsOptions;
    const database = databaseOf(options, place);
    const gateway = new Gateway("notifications-gw", { namespace: ingress.namespace, hosts: [host] }, opts);
    new RateLimit(
        "notifications-user-writes",
        { namespace: ingress.namespace, host, route: userWrites, perSecond: userWritesPerSecond },
        opts,
    );
    const made = new Notifications(
        "notifications",
        {
            host,
            gateway: gateway.reference,
            ...servicesOf(settings),
            database,
            xray: {
                image: options.xrayImage ?? demoImage("v1"),
                collects: options.xrayImage === undefined,
                roleArn: options.xrayRoleArn,
            },
            alb: { hostname: options.hostname ?? host, certificateArn: options.certificateArn },
            tracedPercent: options.tracedPercent,
        },
        opts,
    );
    return {
        url: `https://${host}`,
        certificate: gateway.certificate,
        routesIn: "notifications",
        weights: made.weights,
        canaryHeaders: made.canaryHeaders,
    };
}

function servicesOf(settings: Settings) {
    const { "user-management": caller, notification: callee } = settings.services;
    if (!caller || !callee) throw new pulumi.RunError("The system notifications has lost one of its services.");
    const { weights, strategy, total, canaryHeader, routing } = callee;
    return {
        userManagement: versionsOf(caller),
        notification: {
            versions: versionsOf(callee),
            weights,
            strategy,
            total,
            canaryHeader,
            routing,
            step: stepOf(settings, callee),
        },
    };
}

/** The database that the config names, or the one that is there. @throws when there is neither */
function databaseOf(options: NotificationsOptions, { database, databaseCommand }: Place): DatabaseAccess {
    if (options.database && options.databasePassword)
        return {
            host: options.database,
            password: options.databasePassword,
            name: options.databaseName,
            user: options.databaseUser,
            ca: options.databaseCa,
        };
    // It has no certificate, and a network without a link to anywhere.
    if (database) return { ...database, tls: false };
    const others =
        "pulumi config set --path notifications.database HOST; pulumi config set --secret --path notifications.databasePassword PASSWORD";
    throw new pulumi.RunError(
        `The system notifications needs a MySQL database, and there is none.\n  fix: ${databaseCommand ?? others}`,
    );
}

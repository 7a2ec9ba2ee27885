import * as pulumi from "@pulumi/pulumi";

/** What a pod's environment says of X-Ray (the document's change 2). @param percent how many of the requests are traced */
export function tracingEnv(
    tracingName: string,
    daemon: pulumi.Input<string>,
    percent = 100,
): Record<string, pulumi.Input<string>> {
    return {
        AWS_XRAY_TRACING_NAME: tracingName,
        AWS_XRAY_DAEMON_ADDRESS: daemon,
        // A call that belongs to no request is told in the log, and made: the default of Amazon's libraries would refuse it.
        AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
        TRACED_PERCENT: String(percent),
    };
}

/** The name of a version's segments: `V2-Notification-Microservice`. */
export function notificationTracingName(version: string): string {
    return `${version.toUpperCase()}-Notification-Microservice`;
}

import * as fs from "node:fs";
import { shellWord } from "../shellWord";
import { UserError } from "../userError";
import type { ClusterAccess } from "./client";

/** How the context of an embedded cluster begins; its name follows. */
export const embeddedContext = "upshift-";

/** By which the system says that there is nobody to talk to. */
const nobody = new Set(["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"]);

/**
 * An error of the system says which connection failed, and not what can be done: an embedded cluster can be started, of any other it can
 * be asked what is wrong. Any other error stays as it is.
 */
export function whereNobody(error: NodeJS.ErrnoException, { kubeconfig, context }: ClusterAccess = {}): Error {
    if (!nobody.has(error.code ?? "")) return error;
    // One that is given as text has no name, and secrets.
    const file = kubeconfig !== undefined && fs.existsSync(kubeconfig) ? kubeconfig : undefined;
    const fix = context?.startsWith(embeddedContext)
        ? `npx upshift cluster up --name ${context.slice(embeddedContext.length)}`
        : infoCommand(context, file);
    return new UserError({ what: `the cluster does not answer: ${error.message}`, fix, cause: error });
}

/** The command that says what is wrong with a cluster. @param kubeconfig a file's path */
export function infoCommand(context?: string, kubeconfig?: string): string {
    const options = Object.entries({ kubeconfig, context }).flatMap(([name, value]) =>
        value === undefined ? [] : [` --${name} ${shellWord(value)}`],
    );
    return `kubectl${options.join("")} cluster-info`;
}

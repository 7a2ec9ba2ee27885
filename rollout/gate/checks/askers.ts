import type { ClusterAccess } from "../../../components/mesh/client";
import type { Asker } from "./check";
import { CommandCheck, type Surroundings } from "./command";
import { JobCheck } from "./job";
import { jobManifest } from "./jobManifest";
import { PromqlCheck } from "./promql";
import { kindOf, timeoutSeconds, type Check } from "./settings";
import { WebhookCheck } from "./webhook";

/** What checks need of the stack whose service is released. */
export interface Around {
    /** Where the config has the check: `release.review.checks[0]`. */
    readonly at: string;
    /** The project's folder. */
    readonly folder: string;
    /** The Prometheus that the gate asks, where there is one. */
    readonly prometheus?: string | undefined;
    readonly surroundings: () => Promise<Surroundings>;
    readonly access: () => Promise<ClusterAccess>;
    /** Whether what is left of an earlier release of the version counts for nothing. */
    readonly isAnew: boolean;
}

/**
 * Who asks a check.
 *
 * @throws where it can never be asked: its Job is none, or there is no Prometheus.
 */
export function askerOf(check: Check, around: Around): Asker {
    const seconds = timeoutSeconds(check);
    const { promql, webhook, job, command } = check;
    if (promql) {
        // The config's schema asks for one of them.
        const url = promql.url ?? around.prometheus ?? "";
        return new PromqlCheck({ ...promql, url, timeoutSeconds: seconds });
    }
    if (webhook) return new WebhookCheck(webhook.url, seconds);
    if (command) return new CommandCheck(command, seconds, around.surroundings);
    if (job) {
        const manifest = jobManifest(job, `${around.at}.job`, around.folder);
        return new JobCheck({ check: check.name, manifest, timeoutSeconds: seconds, ...around });
    }
    throw new Error(`There is no way to ask ${kindOf(check)}.`);
}

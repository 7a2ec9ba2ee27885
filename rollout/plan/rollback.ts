import type { VersionName, Weights } from "../../components/traffic/split/weights";
import { setWeights, withRestTo } from "../../components/traffic/judge/fixes";
import { isNoVersion } from "./step";

/**
 * What a rollback after a step would do; nothing where it would change nothing, or where no config has weights for it.
 *
 * @param service as config calls it; undefined where no release has said so.
 */
export function rollbackOf(service: string | undefined, stable: VersionName, weights: Weights): string | undefined {
    if (service === undefined || weights[stable] === 100) return undefined;
    const failing = Object.keys(weights).filter(isNoVersion);
    if (failing.length > 0)
        return `${service}: weights lead nobody back from ${failing.join(" and ")}: take that out of the program or its config again, and \`pulumi up\`.`;
    if (weights[stable] === undefined) return `${service}: ${stable} would have to be deployed again first.`;
    return `${service}: all requests go back to ${stable} at once, in one \`pulumi up\`: ${rollbackCommand(service, stable, Object.keys(weights))}`;
}

/** The command that sends all users of a service back to a version: with a weight for each, which is what config takes. */
export function rollbackCommand(service: string, stable: VersionName, versions: readonly VersionName[]): string {
    const none = Object.fromEntries(versions.map((version) => [version, 0]));
    const back = withRestTo(stable, none);
    const inOrder = Object.fromEntries(versions.map((version) => [version, back[version] ?? 0]));
    return `${setWeights(service, inOrder)} && pulumi up`;
}

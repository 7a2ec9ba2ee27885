/* eslint-disable @typescript-eslint/no-require-imports -- an import would be a copy of the SDK's modules, which it does not use. */
import deserialize = require("@pulumi/policy/deserialize");
import proxy = require("@pulumi/policy/proxy");
/* eslint-enable @typescript-eslint/no-require-imports */
import { once } from "../components/traffic/world/once";

/** What the SDK keeps to itself of its own modules. */
interface Reader {
    deserializeProperties: (message: object, proxySecrets: boolean) => object;
}
interface Prover {
    unknownCheckingProxy: (fields: object) => object;
}

/**
 * Has a resource's fields read once. The SDK reads them anew for each policy of a pack, and those of all resources for each
 * policy that looks at the stack: most of what the pack adds to a preview. All policies get the same object then, which is no
 * matter here, since none of them changes it.
 *
 * @returns what has each read as before.
 */
export function readOnce(): () => void {
    const reader = deserialize as unknown as Reader;
    const prover = proxy as unknown as Prover;
    const { deserializeProperties: read } = reader;
    const { unknownCheckingProxy: prove } = prover;
    const readPlainly = once((message: object) => read(message, false));
    reader.deserializeProperties = (message, proxySecrets) =>
        // Remedies change what they are given: they have a copy of their own.
        proxySecrets ? read(message, proxySecrets) : readPlainly(message);
    prover.unknownCheckingProxy = once(prove);
    return () => {
        reader.deserializeProperties = read;
        prover.unknownCheckingProxy = prove;
    };
}

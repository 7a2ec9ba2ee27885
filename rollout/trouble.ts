import { closest } from "fastest-levenshtein";
import { stackNames } from "./stack";
import { UserError } from "../components/userError";

/** What Pulumi says when it can't read a stack, and what helps: by the first that fits. */
const troubles: readonly (readonly [said: RegExp, fix: (stack: string) => string])[] = [
    [/no stack named/, (stack) => `pulumi stack init ${stack}`],
    [
        /incorrect passphrase|passphrase must be set/,
        () => "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's passphrase",
    ],
    [
        /PULUMI_ACCESS_TOKEN must be set|invalid access token|unable to open bucket|reading the current backend|problem logging in/,
        () => "set PULUMI_BACKEND_URL to where the state is, or pulumi login",
    ],
    [
        /\.pulumi\/meta\.yaml|operation error S3|could not find default credentials|AuthorizationFailure/,
        () =>
            "see what keeps Pulumi from the bucket with the state, such as AWS_PROFILE or AWS_REGION: pulumi whoami -v",
    ],
    // What is left of a lock that a full disk has cut short. A state that is torn is told in other words.
    [/^error: unexpected end of JSON input$/m, (stack) => `make room on the disk, then pulumi cancel --stack ${stack}`],
    [/performing HTTP request/, () => "see whether the backend answers: pulumi whoami -v"],
    [/spawn pulumi ENOENT/, () => "install Pulumi, which upshift runs: https://www.pulumi.com/docs/install"],
];

/**
 * What Pulumi says when a stack can't be read, with the way out, which it leaves to be guessed.
 *
 * @param message as Pulumi said it.
 */
export function withFix(message: string, stack: string): string {
    const found = troubles.find(([said]) => said.test(message));
    return found ? `${message}\n  fix: ${found[1](stack)}` : message;
}

/**
 * The same for an error of `pulumi`: where there is no such stack, those that there are, and what is near.
 *
 * @param folder of the project, where it is another than this one.
 */
export async function troubleOf(error: Error, stack: string, folder?: string): Promise<Error> {
    if (!/no stack named/.test(error.message)) return new Error(withFix(error.message, stack), { cause: error });
    const names = await stackNames(folder).catch(() => []);
    const where = `in the project ${folder ?? "of this checkout"}`;
    if (names.length === 0)
        return new UserError({
            what: `There is no stack ${stack} ${where}, nor any other.`,
            fix: `pulumi stack init ${stack}`,
        });
    return new UserError({
        what: `There is no stack ${stack} ${where}; there is ${names.join(", ")}.`,
        fix: `--stack ${closest(stack, names)}`,
    });
}

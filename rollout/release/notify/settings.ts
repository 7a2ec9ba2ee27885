import { z } from "zod";
import { text } from "../../../cluster/typed";
import { UserError } from "../../../components/userError";
import { shapeProblems } from "../../config/shapeProblems";
import { reportProblems } from "../../config/report";
import { listedConfig } from "../../guard/state";
import { projectName } from "../../plan/projectName";
import { pulumi } from "../../pulumi";

const schema = z.strictObject({
    /** Takes a message by POST, in the form of Slack's incoming webhooks. */
    webhook: z.string().optional(),
    /** Writes the release down as a deployment of this environment, from a workflow on GitHub. */
    github: z.strictObject({ environment: text(z.string().min(1)) }).optional(),
});

/**
 * `notify`: who is told of releases. A key of its own, and no part of `release`: a webhook's URL is a secret, and Pulumi makes a
 * secret of the whole key that holds one.
 */
export type NotifySettings = z.infer<typeof schema>;

/**
 * Who is told of the releases of a stack, as its config says.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when it can't be meant; a webhook's URL is in no message.
 */
export async function notifySettings(stack: string, folder?: string): Promise<NotifySettings> {
    const project = projectName(folder);
    const found = (await listedConfig(stack, folder))[`${project}:notify`];
    if (!found) return {};
    // Only a secret has no value there; it is opened alone, and no other with it.
    return notifyIn(found.value ?? (await pulumi(["config", "get", "notify", "--stack", stack], folder)), project);
}

/** The same of the key's value. */
export function notifyIn(value: string, project: string): NotifySettings {
    const given = parsed(value);
    const read = schema.safeParse(given);
    if (!read.success) {
        // What stands at the webhook's place is told by nobody, also where it is no text.
        const [secret] = read.error.issues.filter(({ path }) => path.length === 0 || path[0] === "webhook");
        if (secret && secret.code !== "unrecognized_keys") throw unfit("is no URL");
        throw new UserError({
            what: reportProblems(project, shapeProblems(read.error.issues, given, "notify")),
        });
    }
    const { webhook } = read.data;
    if (webhook !== undefined) urlOf(webhook);
    return read.data;
}

/**
 * The URL of a webhook.
 *
 * @throws where what is told would be read by others on its way: only https, and http within this machine.
 */
export function urlOf(webhook: string): URL {
    const url = URL.canParse(webhook) ? new URL(webhook) : undefined;
    if (!url) throw unfit("is no URL");
    const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
    if (url.protocol === "https:" || (url.protocol === "http:" && isHere)) return url;
    throw unfit("is neither https nor of this machine, so that others could read it on its way");
}

function unfit(why: string): UserError {
    return new UserError({
        what: `The webhook that is to be told of releases ${why}.`,
        where: "notify.webhook",
        fix: "pulumi config set --secret --path notify.webhook https://…",
    });
}

function parsed(value: string): unknown {
    try {
        return JSON.parse(value);
    } catch {
        return value;
    }
}

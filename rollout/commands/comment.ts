import * as fs from "node:fs";
import { Command } from "commander";
import { postComment } from "../ci/github";
import { positive } from "./values";
import { UserError } from "../../components/userError";

/** `upshift comment`: puts a plan on its pull request. */
export function commentCommand(): Command {
    return new Command("comment")
        .description(
            "put the Markdown of a plan on a pull request on GitHub, in the place of the one before it; needs GITHUB_TOKEN",
        )
        .argument("<file>", "the Markdown, from `upshift plan --markdown-file`")
        .option("--pr <number>", "the pull request; in a GitHub workflow the one that it runs for", positive)
        .option("--repo <owner/name>", "the repository", process.env.GITHUB_REPOSITORY)
        .action(async (file: string, options: { pr?: number; repo?: string }) => {
            const body = readFrom(file).trimEnd();
            const [marker = ""] = body.split("\n");
            if (!/^<!-- upshift:\S+ -->$/.test(marker))
                throw new UserError({ what: `${file} is no plan: its first line has no marker.`, fix: makeOne });
            const pullRequest = options.pr ?? pullRequestOfEvent();
            const token = process.env.GITHUB_TOKEN;
            const missing = [
                ...(token ? [] : ["GITHUB_TOKEN is not set"]),
                ...(options.repo ? [] : ["no repository: --repo OWNER/NAME"]),
                ...(pullRequest ? [] : ["no pull request: --pr NUMBER"]),
            ];
            if (!token || !options.repo || !pullRequest)
                throw new Error(`The comment can't be written: ${missing.join("; ")}.`);
            const api = process.env.GITHUB_API_URL ?? "https://api.github.com";
            const { action, url } = await postComment(
                { api, token, repository: options.repo },
                pullRequest,
                marker,
                body,
            );
            console.log(`${action}: ${url}`);
        });
}

/** Into a file of its own: what was named by mistake is somebody's. */
const makeOne = "npx upshift plan --markdown-file upshift-plan.md, then name that file";

function readFrom(file: string): string {
    try {
        return fs.readFileSync(file, "utf8");
    } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const what = code === "ENOENT" ? `There is no file ${file}.` : `${file} can't be read: ${message}.`;
        throw new UserError({ what, fix: makeOne });
    }
}

/** The pull request of the event for which a workflow runs. */
function pullRequestOfEvent(): number | undefined {
    const file = process.env.GITHUB_EVENT_PATH;
    if (!file || !fs.existsSync(file)) return undefined;
    const event = JSON.parse(fs.readFileSync(file, "utf8")) as { pull_request?: { number?: number } };
    return event.pull_request?.number;
}

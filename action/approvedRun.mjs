// @ts-check
/**
 * The run of the workflow `preview` whose plans were approved when a commit was merged.
 *
 *     node action/approvedRun.mjs COMMIT '["dev"]'   ->   run=123, author=ada, approvers=["grace"]
 *
 * Anybody can have a commit's name: a fork, or another workflow. So the run must be of this repository and of a branch in it, of
 * this workflow, for a pull request, a success, and it must have planned all of these stacks. Else it ends with exit code 1: what
 * nobody has seen a plan of is not applied, and a green job must not say that it was.
 *
 * Anybody who can read the repository can approve, bots and second accounts too: those approvers count who may write to it.
 *
 * Environment: GITHUB_REPOSITORY, GITHUB_API_URL, GH_TOKEN (it may read actions, pull requests and metadata, which every token of a
 * workflow may).
 */

/** @typedef {{ full_name?: string } | null} Repository null when it was deleted */
/** @typedef {{ number: number, html_url: string, merged_at: string | null, merge_commit_sha: string, user: { login: string } | null, base: { repo: Repository }, head: { sha: string, repo: Repository } }} PullRequest */
/** @typedef {{ id: number, event: string, status: string, conclusion: string | null, path: string, head_sha: string, repository: Repository, head_repository: Repository }} Run */
/** @typedef {{ name: string, expired: boolean }} Artifact */
/** @typedef {{ state: string, commit_id: string | null, author_association?: string, user: { login: string, type?: string } | null }} Review */

const workflow = ".github/workflows/preview.yml";
/** What is merged and not applied is part of every later plan. */
const again =
    "change the stack's config on a branch of this repository, and gh pr create: its plan has all that is not applied yet";
const { GITHUB_REPOSITORY: repository = "", GITHUB_API_URL: api = "https://api.github.com" } = process.env;
const token = process.env.GH_TOKEN ?? process.env.GITHUB_TOKEN ?? "";
const [commit = "", stacksText = ""] = process.argv.slice(2);

try {
    const stacks = stacksFrom(stacksText);
    const pull = await mergedAs(commit);
    const run = await planned(pull, stacks);
    const approvers = await approversOf(pull);
    console.log(`run=${run}`);
    console.log(`author=${pull.user?.login ?? ""}`);
    console.log(`approvers=${JSON.stringify(approvers)}`);
} catch (error) {
    console.error(`approvedRun: ${/** @type {Error} */ (error).message}`);
    process.exitCode = 1;
}

/** @param {string} text @returns {string[]} */
function stacksFrom(text) {
    /** @type {unknown} */
    const named = /^\[.*\]$/.test(text) ? JSON.parse(text) : [];
    const stacks = /** @type {string[]} */ (named);
    if (stacks.length === 0)
        throw new Error(`no stacks are named: "${text}".\n  fix: node action/approvedRun.mjs COMMIT '["dev"]'`);
    return stacks;
}

/** The pull request that became this commit. @param {string} commit @returns {Promise<PullRequest>} */
async function mergedAs(commit) {
    /** @type {PullRequest[]} */
    const pulls = await list(`/repos/${repository}/commits/${commit}/pulls`);
    const merged = pulls.find(
        (pull) => pull.merged_at && pull.merge_commit_sha === commit && pull.base.repo?.full_name === repository,
    );
    if (!merged)
        throw new Error(
            `no pull request of ${repository} was merged as ${commit}, so nobody has approved a plan of it.\n  fix: ${again}`,
        );
    if (merged.head.repo?.full_name !== repository)
        throw new Error(
            `${merged.html_url} came from ${merged.head.repo?.full_name ?? "a repository that is gone"}, and plans are made of branches of ${repository} only.\n  fix: ${again}`,
        );
    return merged;
}

/**
 * The newest run that counts. GitHub lists the newest first.
 *
 * @param {PullRequest} pull @param {readonly string[]} stacks @returns {Promise<number>}
 */
async function planned({ head, html_url: url }, stacks) {
    const query = `head_sha=${head.sha}&event=pull_request&status=success`;
    /** @type {Run[]} */
    const runs = await list(`/repos/${repository}/actions/workflows/preview.yml/runs?${query}`, "workflow_runs");
    const counting = runs.filter((run) => isOurs(run, head.sha));
    const lacking = [];
    for (const { id } of counting) {
        /** @type {Artifact[]} */
        const artifacts = await list(`/repos/${repository}/actions/runs/${id}/artifacts`, "artifacts");
        const plans = artifacts.filter(({ expired }) => !expired).map(({ name }) => name);
        const missing = stacks.filter((stack) => !plans.includes(`plan-${stack}`));
        if (missing.length === 0) return id;
        lacking.push(`run ${id} has no plan, or one that has expired, of ${missing.join(", ")}`);
    }
    const why =
        lacking.join("; ") ||
        `of ${runs.length} runs for ${head.sha}, none is a success of ${workflow} on a branch of this repository`;
    throw new Error(`there is no plan that ${url} was merged with: ${why}.\n  fix: ${again}`);
}

/** @param {Run} run @param {string} head */
function isOurs(run, head) {
    return (
        run.repository?.full_name === repository &&
        run.head_repository?.full_name === repository &&
        // Where the workflow is one that others ask for, its ref stands behind it.
        run.path.split("@")[0] === workflow &&
        run.event === "pull_request" &&
        run.status === "completed" &&
        run.conclusion === "success" &&
        run.head_sha === head
    );
}

/**
 * Who has approved what was planned: the last word of each, about the last commit, not the author, and somebody who may write.
 *
 * @param {PullRequest} pull @returns {Promise<string[]>}
 */
async function approversOf({ number, head, user }) {
    /** @type {Review[]} */
    const reviews = await list(`/repos/${repository}/pulls/${number}/reviews`);
    /** @type {Map<string, Review>} */
    const last = new Map();
    for (const review of reviews.filter(({ state }) => state !== "COMMENTED"))
        if (review.user) last.set(review.user.login, review);
    const approving = [...last].filter(
        ([login, { state, commit_id }]) => state === "APPROVED" && commit_id === head.sha && login !== user?.login,
    );
    const counting = await Promise.all(approving.map(([login, review]) => mayWrite(login, review)));
    return approving.flatMap(([login], index) => (counting[index] ? [login] : []));
}

/**
 * Whether it is a person who may write to the repository. Where GitHub does not let this token ask that, whether it calls the person
 * an owner, a member or a collaborator; what it does not say at all is no right.
 *
 * @param {string} login @param {Review} review
 */
async function mayWrite(login, { user, author_association: association = "" }) {
    if (user?.type !== "User") return false;
    const answer = await reach(`${api}/repos/${repository}/collaborators/${encodeURIComponent(login)}/permission`);
    if (answer.status === 403) return ["OWNER", "MEMBER", "COLLABORATOR"].includes(association);
    if (answer.status === 404) return false;
    const json = await (await good(answer)).json();
    const { permission = "" } = /** @type {{ permission?: string }} */ (json);
    return ["admin", "maintain", "write"].includes(permission);
}

/**
 * All pages of a list.
 *
 * @template T
 * @param {string} path @param {string} [key] where the list is in an answer
 * @returns {Promise<T[]>}
 */
async function list(path, key) {
    /** @type {T[]} */
    const found = [];
    /** @type {string | undefined} */
    let url = `${api}${path}${path.includes("?") ? "&" : "?"}per_page=100`;
    while (url) {
        const answer = await ask(url);
        const json = await answer.json();
        found.push(.../** @type {T[]} */ (key ? /** @type {Record<string, unknown>} */ (json)[key] : json));
        const next = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
        // The token goes to no other server.
        url = next?.startsWith(`${api}/`) ? next : undefined;
    }
    return found;
}

/** @param {string} url */
async function ask(url) {
    return good(await reach(url));
}

/** @param {string} url */
async function reach(url) {
    const headers = {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${token}`,
        "x-github-api-version": "2022-11-28",
    };
    return fetch(url, { headers, signal: AbortSignal.timeout(30_000) }).catch(
        (/** @type {Error & { cause?: Error }} */ error) => {
            throw new Error(`GET ${url}: ${error.cause?.message ?? error.message}.\n  fix: run the job again`);
        },
    );
}

/** @param {Response} answer @throws when it is an error */
async function good(answer) {
    if (!answer.ok)
        throw new Error(
            `GET ${answer.url} answered ${answer.status}: ${(await answer.text()).slice(0, 200)}.\n  fix: ${answer.status >= 500 || answer.status === 429 ? "run the job again" : "the job needs `permissions: {actions: read, pull-requests: read}` and GH_TOKEN"}`,
        );
    return answer;
}

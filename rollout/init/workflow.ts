import { parseDocument } from "yaml";
import { ownName } from "../config/stackFile";
import { packFolder } from "./pack";

/** What the workflow is for. */
export interface WorkflowOf {
    readonly stack: string;
    /** The project's folder in its repository; `.` for the repository itself. */
    readonly folder: string;
    /** Whether the project has the policy pack. */
    readonly hasPack: boolean;
}

/** Where GitHub looks for it. */
export function workflowFile(stack: string): string {
    return `.github/workflows/upshift-${ownName(stack)}.yml`;
}

/**
 * A GitHub workflow that tells on each pull request what it would do to users. Forks are given no secrets, and so are not planned.
 * The plan reads the state; where the runner reaches the cluster, too, what is live is judged as well.
 */
export function workflowText({ stack, folder, hasPack }: WorkflowOf): string {
    const pack = hasPack ? ` --policy-pack ${packFolder}` : "";
    const where =
        folder === "." ? "" : `        defaults:\n            run:\n                working-directory: ${folder}\n`;
    const text = `# What a pull request would do to the users of stack ${stack}, as a comment on it. The GitHub environment preview-${stack} has the
# variable PULUMI_BACKEND_URL and the secret PULUMI_CONFIG_PASSPHRASE: a branch's code runs with them, so give it reviewers if it matters.
name: upshift ${stack}
on: pull_request
permissions:
    contents: read
    pull-requests: write
concurrency:
    group: upshift-${stack}-\${{ github.event.pull_request.number }}
    cancel-in-progress: true
jobs:
    plan:
        if: github.event.pull_request.head.repo.full_name == github.repository && github.actor != 'dependabot[bot]'
        runs-on: ubuntu-24.04
        timeout-minutes: 30
        environment: preview-${stack}
${where}        steps:
            - uses: ${actions.checkout}
              with:
                  persist-credentials: false
            - uses: ${actions.node}
              with:
                  node-version: 22
            - uses: ${actions.pulumi}
              with:
                  pulumi-version: ${pulumiVersion}
            - run: npm ci --ignore-scripts
            - env:
                  PULUMI_BACKEND_URL: \${{ vars.PULUMI_BACKEND_URL }}
                  PULUMI_CONFIG_PASSPHRASE: \${{ secrets.PULUMI_CONFIG_PASSPHRASE }}
              run: npx --no-install upshift plan --stack ${stack}${pack} --markdown-file plan.md
            - if: always()
              env:
                  GITHUB_TOKEN: \${{ github.token }}
              run: if [ -f plan.md ]; then npx --no-install upshift comment plan.md; fi
`;
    // A name that would change what the rest means is told here, and not on the first pull request.
    const [error] = parseDocument(text).errors;
    if (error) throw new Error(`The workflow for stack ${stack} in ${folder} is no YAML: ${error.message}`);
    return text;
}

/** Others' actions by commit, as this repository's own workflows have them. */
export const actions = {
    checkout: "actions/checkout@fbc6f3992d24b796d5a048ff273f7fcc4a7b6c09 # v5.1.0",
    node: "actions/setup-node@a0853c24544627f65ddf259abe73b1d18a591444 # v5.0.0",
    pulumi: "pulumi/actions@8582a9e8cc630786854029b4e09281acd6794b58 # v6.6.1",
} as const;

/** The CLI that upshift is tested with: what reads its events and its state must know them. */
export const pulumiVersion = "3.250.0";

import { numberAt, stringAt } from "../objects";
import type { Properties } from "../values";
import { defaultTimeoutSeconds } from "./release";

/** The chart and where to get it. */
export function chartArguments(inputs: Properties): { args: string[]; chart: string } {
    const repository = (option: string): string => stringAt(inputs, "repositoryOpts", option);
    if (repository("username") || repository("password")) {
        throw new Error(
            "repositoryOpts: credentials would show in the list of processes. Run `helm repo add` with them, and name the chart REPOSITORY/CHART.",
        );
    }
    const isUrl = /^https?:/.test(repository("repo"));
    const chart = stringAt(inputs, "chart").trim();
    const args = [
        ...(isUrl ? ["--repo", repository("repo")] : []),
        ...[
            ["caFile", "--ca-file"],
            ["certFile", "--cert-file"],
            ["keyFile", "--key-file"],
        ].flatMap(([option = "", flag = ""]) => (repository(option) ? [flag, repository(option)] : [])),
        ...(stringAt(inputs, "version") ? ["--version", stringAt(inputs, "version")] : []),
        ...(inputs.devel === true ? ["--devel"] : []),
        ...(inputs.verify === true ? ["--verify", "--keyring", stringAt(inputs, "keyring")] : []),
    ];
    return {
        args,
        chart: repository("repo") && !isUrl && !chart.includes("/") ? `${repository("repo")}/${chart}` : chart,
    };
}

/** How to install, apart from what. */
export function installArguments(inputs: Properties): string[] {
    return [
        ...commonArguments(inputs),
        ...flags(inputs, {
            createNamespace: "--create-namespace",
            replace: "--replace",
            disableWebhooks: "--no-hooks",
        }),
    ];
}

/** How to upgrade, apart from what. */
export function upgradeArguments(inputs: Properties): string[] {
    const options = {
        forceUpdate: "--force",
        resetValues: "--reset-values",
        reuseValues: "--reuse-values",
        cleanupOnFail: "--cleanup-on-fail",
        disableCRDHooks: "--no-hooks",
    };
    return [
        ...commonArguments(inputs),
        ...flags(inputs, options),
        "--history-max",
        String(numberAt(inputs, "maxHistory")),
    ];
}

function commonArguments(inputs: Properties): string[] {
    const options = {
        atomic: "--atomic",
        skipCrds: "--skip-crds",
        renderSubchartNotes: "--render-subchart-notes",
        disableOpenapiValidation: "--disable-openapi-validation",
        dependencyUpdate: "--dependency-update",
    };
    const text = (key: string, flag: string): string[] => (stringAt(inputs, key) ? [flag, stringAt(inputs, key)] : []);
    const wait = inputs.waitForJobs === true ? ["--wait", "--wait-for-jobs"] : ["--wait"];
    return [
        ...flags(inputs, options),
        ...text("description", "--description"),
        ...text("postrender", "--post-renderer"),
        ...waiting(inputs, wait),
    ];
}

/** Whether to wait, by the flags given, and for how long. */
export function waiting(inputs: Properties, flagsToWait: readonly string[]): string[] {
    return [
        ...(inputs.skipAwait === true ? [] : flagsToWait),
        "--timeout",
        `${numberAt(inputs, "timeout") || defaultTimeoutSeconds}s`,
    ];
}

function flags(inputs: Properties, options: Readonly<Record<string, string>>): string[] {
    return Object.entries(options).flatMap(([key, flag]) => (inputs[key] === true ? [flag] : []));
}

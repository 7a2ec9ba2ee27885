import Table from "cli-table3";
import type { Verification } from "../../rollout/verify";
import type { StepResult } from "./tell";

/** Whether every step did what it was to do, and no request failed. */
export function allWell(results: readonly StepResult[]): boolean {
    return results.every(
        ({ failed, services, testers, checks }) =>
            failed === 0 && [...services, ...testers, ...checks].every((one) => one.ok),
    );
}

/** The table at the end: step, configured, measured, failed requests, seconds. */
export function summary(results: readonly StepResult[]): string {
    const table = new Table({
        head: ["step", "configured", "measured", "requests", "failed", "pulumi up"],
        style: { head: [], border: [] },
    });
    for (const { title, services, testers, requests, failed, seconds } of results) {
        const told = testers.length > 0 ? testers : services;
        table.push([
            title,
            told.map(configured).join("\n"),
            told.map(measured).join("\n"),
            requests,
            failed,
            `${seconds.toFixed(1)} s`,
        ]);
    }
    const reasons = results.flatMap(({ title, failures }) =>
        Object.entries(failures).map(([reason, count]) => `  ${title}: ${count} × ${reason}`),
    );
    const expectations = results.flatMap(({ title, checks }) =>
        checks.map(({ name, ok, detail }) => `  ${ok ? "✔" : "✘"} ${title}: ${name} (${detail})`),
    );
    return [table.toString(), ...expectations, ...reasons].join("\n");
}

function configured({ service, shares }: Verification): string {
    return `${service} ${shares
        .filter(({ expected }) => expected > 0)
        .map(({ version, expected }) => `${version} ${expected} %`)
        .join(", ")}`;
}

function measured({ shares }: Verification): string {
    return shares
        .filter(({ count, expected }) => count > 0 || expected > 0)
        .map(({ version, measured, within }) => `${version} ${measured.toFixed(1)} %${within ? "" : " off"}`)
        .join(", ");
}

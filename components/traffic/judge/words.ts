import { nameOf } from "../effect/names";
import type { Finding } from "./findings";

/** Findings as the lines of an error: each in one line, and the command that fixes it below. */
export function describeFindings(findings: readonly Finding[]): string {
    return findings.map((one) => (one.fix ? `${describe(one)}\n  fix: ${one.fix}` : describe(one))).join("\n");
}

/** A finding in one line, with the way out. */
export function describe(finding: Finding): string {
    const { code, version = "", limit, allowed, canSwitch, detail = "", parts = [] } = finding;
    const raise = `${at(finding)}: ${version} ${percents(finding)}`;
    switch (code) {
        case "raise":
            return `${raise} is a raise of ${points(finding)} points${detail}; at most ${limit} a step${allowed === undefined ? "" : `: try ${allowed}`}${canSwitch ? ", or declare a blue/green switch after a header test" : ""}`;
        case "fails":
            return `${at(finding)}: ${version} ${percents(finding)}: ${points(finding)} points more of the requests are answered by no version${detail}; at most ${limit} a step`;
        case "new-code":
            return `${at(finding)}: ${version} gets new code under ${round(finding.to)} % of the requests${detail}; at most ${limit} a step: bring it as a version of its own, or declare that it changes in place`;
        case "together":
            return (
                `${parts.map((part) => `${nameOf(part)} ${part.version} ${round(part.from)} → ${round(part.to)}`).join(", ")} ` +
                `are together a raise of ${round(parts.reduce((sum, { from, to }) => sum + to - from, 0))} points; at most ${limit} a step: try ` +
                parts.map((part) => `${nameOf(part)} ${part.version} ${round(part.allowed)}`).join(", ")
            );
        case "switch-untested":
            return `${raise} is declared as a blue/green switch, but ${detail}: apply a header route and test ${version} first`;
        case "switch-pods":
            return `${raise} is declared as a blue/green switch, but ${detail}`;
        case "stable-unserved":
            return `${raise}: stable is ${detail}, which serves nobody, so that the way back would not lead to where users are: make the version that serves them the stable one first, in a step of its own`;
        case "stable-moved":
            return `${at(finding)}: stable ${detail}: that is a step of its own, and only to a version that has all users; ${version} has ${round(finding.from)} %`;
        case "removal":
            return `${at(finding)}: ${version} still ${detail}: ${finding.fix ? "say so, if that is meant" : `move them away in a step of its own, then remove ${version}`}`;
        case "no-effect":
            return `${at(finding)}: ${detail}`;
        case "drift":
        case "unreadable":
            return `${at(finding)}: ${detail}`;
    }
}

function at(finding: Finding): string {
    return finding.requests ? `${nameOf(finding)} (${finding.requests})` : nameOf(finding);
}

function percents({ from, to }: Finding): string {
    return `${round(from)} → ${round(to)}`;
}

function points({ from = 0, to = 0 }: Finding): number {
    return round(to - from);
}

/** To a tenth: a share of pods is seldom whole. */
export function round(value = 0): number {
    return Math.round(value * 10) / 10;
}

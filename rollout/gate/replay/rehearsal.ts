import type { GateConfig } from "../../release/gates";
import type { ReleaseSettings } from "../../release/settings";
import type { ReleaseStep, Wait } from "../../release/steps";
import type { Bursts } from "./bursts";

/** A step at which something is counted. */
export type CountedStep = Exclude<ReleaseStep, Wait>;

/** A release that is made of the past: of a version to itself. */
export interface Rehearsed {
    readonly service: string;
    /** The services whose requests are counted for it: itself, or of a chain each that goes by the edge's word. */
    readonly counted: readonly string[];
    readonly version: string;
    readonly steps: readonly CountedStep[];
    readonly settings: GateConfig & Pick<ReleaseSettings, "timeout">;
    /** How many services are counted for all that is released as one, and share the chance of failing a good one. */
    readonly services: number;
    /** Whether its gate knows the hour before it: a release by Prometheus does, and one that asks the proxies does not. */
    readonly knowsHour: boolean;
}

/**
 * How a release of the past ended:
 * - `done`: it got to its last step's end;
 * - `failed`: users would have been given back;
 * - `held`: a step held until its timeout, over the ceiling;
 * - `unjudged`: a step was not judged until its timeout, mostly for too few requests;
 * - `cutOff`: the past ended first.
 */
export type Ending = "done" | "failed" | "held" | "unjudged" | "cutOff";

/** Why a release was stopped. */
export type Because =
    /** By too many bad requests, whatever the other version does; `what` is as the metric has it. */
    | { readonly kind: "ceiling"; readonly what: string }
    /** For too few requests; the step would have needed so much longer at its rate. No seconds where none came at all. */
    | { readonly kind: "requests"; readonly seconds?: number }
    /** Because nobody knows how long its requests take. */
    | { readonly kind: "untimed" }
    /** For being worse than the other half of the same requests: by chance, or because they fail together. */
    | { readonly kind: "comparison" };

/** What a release of the past found of one of the services that are counted for it. */
export interface Found {
    /** How many of the version's requests turned bad at once in the hour before. */
    readonly bursts: Bursts;
    /** What the gate took that for by the end, by what bad means. */
    readonly dispersion: Readonly<Record<string, number>>;
    /** Where it stopped the release. */
    readonly because?: Because;
}

/** One release of the past, with what it found of the service that decided how it ended. Times are in seconds, instants since 1970. */
export interface Rehearsal extends Found {
    readonly began: number;
    readonly ended: number;
    readonly ending: Ending;
    /** The step at which it ended. */
    readonly step: string;
    /** What the gate said last; of testers alone it says nothing. */
    readonly reason?: string;
    /** How long each step was watched until it passed. */
    readonly passed: readonly { readonly step: string; readonly seconds: number }[];
    /** The same of each service that was counted. */
    readonly services: Readonly<Record<string, Found>>;
}

/** A release of the past, and a service that stopped it. */
export interface Stopped extends Rehearsal {
    readonly service: string;
    readonly because: Because;
}

/** Whether the services that are counted are others than the one that is released. */
export function isChain({ service, counted }: Pick<Rehearsed, "service" | "counted">): boolean {
    return counted.some((one) => one !== service);
}

/** The releases that were stopped, by each service that did. */
export function stoppedIn(releases: readonly Rehearsal[]): Stopped[] {
    return releases.flatMap((release) =>
        Object.entries(release.services).flatMap(([service, { because }]) =>
            because ? [{ ...release, service, because }] : [],
        ),
    );
}

/** The services that stopped them. */
export function stoppersOf(stopped: readonly Stopped[]): string[] {
    return [...new Set(stopped.map(({ service }) => service))];
}

import type { ReleaseSettings } from "./settings";
import type { Weights } from "../../components/traffic/split/weights";
import type { Asker } from "../gate/checks/check";
import type { Check } from "../gate/checks/settings";
import type { VersionCounts } from "../gate/counts";
import type { Left } from "./left";
import type { ServiceTraffic } from "../gate/traffic";
import type { Compared, CountedWindow } from "../gate/windows";
import type { Chain } from "./chain/chain";
import type { ReleasedService } from "./service";

/** Values of a config file, by path; undefined takes one away. */
export type Values = Readonly<Record<string, string | number | boolean | undefined>>;

/** Weights of several services. */
export type WeightsOf = Readonly<Record<string, Weights>>;

/**
 * What the driver reads and does. It holds no state of its own: all of it is the stack's config, its state and the cluster's counters,
 * so that a driver that was killed can be started anew.
 */
export interface Hands {
    /** `release.<service>` as it stands in the config now: people change it while a release runs. */
    settings(): Promise<ReleaseSettings>;
    /** The service as it is applied. */
    served(): Promise<ReleasedService>;
    /**
     * Writes values, and weights of whichever services, into the config, all at once: whoever reads it finds the whole decision or
     * nothing of it.
     *
     * @param expected nothing is written unless the config says all of this.
     * @returns what they were, to be put back (see `putBack`).
     */
    write(values: Values, weights?: WeightsOf, expected?: Values): Promise<Values>;
    /**
     * `pulumi up`, which ends when the callers' proxies have it.
     *
     * @param message what the stack's history has of it.
     * @throws with the findings where it is refused.
     */
    up(message: string): Promise<void>;
    /**
     * Gives users back to these weights at once, before the config and the state say so.
     *
     * @param served the service as it is applied: to read that again would take longer than all else.
     * @throws when the routes can't be written.
     */
    giveBack(weights: Weights, served: ReleasedService): Promise<void>;
    /**
     * What a version of a Service got in the last hour, window by window, where whoever counts has a past. Left out where nobody has.
     *
     * @throws where it can't be read.
     */
    past?(version: string, host: ReleasedService["host"]): Promise<readonly VersionCounts[]>;
    /**
     * What was counted of a Service until the next window ends; undefined where there is none yet.
     *
     * @param host the service's own, or that of a service of its chain.
     * @throws where nothing can be counted.
     */
    window(compared: Compared, host: ReleasedService["host"]): Promise<CountedWindow | undefined>;
    /**
     * Proves that the header by which an edge names a version reaches every service of its chain, with real requests that are no
     * user's. Left out where no chain can be.
     *
     * @returns the requests that each service got in the version.
     * @throws where it is lost on the way, with who loses it.
     */
    prove?(chain: ReleasedService & { readonly chain: Chain }, to: string): Promise<Readonly<Record<string, number>>>;
    /**
     * Who asks a further check of the release.
     *
     * @param index of it in the config.
     * @throws where it can never be asked.
     */
    asker(check: Check, index: number, settings: ReleaseSettings): Asker;
    /** Who has stopped every release of the backend; undefined where nobody has. Left out where there is no backend. */
    stopped?(): Promise<Stop | undefined>;
    /** Waits some seconds, or until somebody interrupts. */
    rest(seconds: number): Promise<void>;
    /** What a command needs to be about this stack and project: ` --stack prod`, or nothing. */
    readonly where: string;
    /** The stack's name. */
    readonly stack: string;
    /** Whether somebody wants the driver to end after what it is doing. */
    readonly isInterrupted: boolean;
    tell(event: ReleaseEvent): void;
}

/** What a release says of itself, in the order in which it happens. `at` is in seconds since 1970. */
export type ReleaseEvent =
    | (Start & {
          readonly kind: "begins";
          /** Services that are released with it, as one. */
          readonly with?: readonly Start[];
          readonly steps: readonly string[];
          readonly goesOnFrom?: string;
      })
    | ({ readonly kind: "step"; readonly step: string } & Given)
    | ({ readonly kind: "applied"; readonly step: string; readonly seconds: number } & Given)
    | { readonly kind: "waits"; readonly step: string; readonly why: string }
    | {
          readonly kind: "gate";
          readonly step: string;
          readonly verdict: string;
          readonly reason: string;
          readonly isEnforced: boolean;
          /** For which the step has been looked at. */
          readonly seconds: number;
          /** Which of the release's steps it is, from 1 on, and how many there are. */
          readonly position: number;
          readonly steps: number;
          /** What was counted of users' own requests at this step, of each service of which something was. */
          readonly traffic: readonly ServiceTraffic[];
          readonly left: Left;
      }
    | {
          readonly kind: "check";
          readonly step: string;
          /** Of several services with the service's name before it. */
          readonly check: string;
          readonly verdict: string;
          readonly evidence: string;
          readonly isEnforced: boolean;
      }
    /** A service of a chain was named, and its chain is what is moved. */
    | { readonly kind: "meant"; readonly service: string; readonly chain: string }
    /** It is tried whether the header by which the edge names a version reaches every service of a chain. */
    | { readonly kind: "proves"; readonly service: string; readonly header: string; readonly to: string }
    | {
          /** It does. */
          readonly kind: "proven";
          readonly service: string;
          readonly header: string;
          readonly to: string;
          /** Requests with it that each service got in the version. */
          readonly reached: Readonly<Record<string, number>>;
      }
    | { readonly kind: "goesBack"; readonly service: string; readonly to: string; readonly why: string }
    | { readonly kind: "back"; readonly seconds: number }
    | {
          /** What will be done, before any of it is. */
          readonly kind: "plans";
          readonly what: string;
          readonly moves: readonly { readonly service: string; readonly from: Weights; readonly to: Weights }[];
          readonly steps: number;
          readonly notes: readonly string[];
      }
    | {
          /** Nobody has asked a version for so long that it may be taken away, and nothing is open. */
          readonly kind: "drained";
          readonly service: string;
          readonly version: string;
          readonly seconds: number;
      }
    | { readonly kind: "ends"; readonly outcome: Outcome; readonly words: string }
    /** A step was refused or went wrong, and the driver has ended with it. */
    | { readonly kind: "breaks"; readonly words: string }
    /** Somebody has moved users, or a release on, by a command of its own. */
    | { readonly kind: "byHand"; readonly verb: Verb; readonly words: string };

/** What somebody does to a release by hand. */
export type Verb = "rollback" | "abort" | "undo" | "goto" | "promote" | "finish" | "restore";

/** From which version a release brings a service to which. */
interface Start {
    readonly service: string;
    readonly to: string;
    readonly stable: string;
}

/** The weights of a step. */
export interface Given {
    readonly weights: Weights;
    /** Those of the services that are moved with it, by name. */
    readonly with?: WeightsOf;
}

/** That somebody has stopped the line. */
export interface Stop {
    /** When, as ISO 8601. */
    readonly since: string;
    /** A login and a machine. */
    readonly by: string;
    /** Why; empty where nothing was said. */
    readonly reason: string;
    /** The stack that the word stands on, as the backend calls it. */
    readonly stack: string;
}

/** How a release ends. */
export type Outcome = "done" | "rolledBack" | "aborted" | "held";

/** How a release ended, and what is to be said of it. */
export interface Ending {
    readonly outcome: Outcome;
    readonly words: string;
}

import { killsOfTheStep } from "./ofStep";
import { faults } from "./table";
import type { Fault } from "./scene";
import { type Transition, transitionNamed, transitions } from "./transitions";

/** A fault during one kind of step. */
export interface Case {
    readonly fault: Fault;
    readonly transition: Transition;
    /** The how-manieth of its kind it is, from 1. */
    readonly turn: number;
}

/** So often `pulumi up`, its provider and its program are killed in a whole run. */
export const kills = 50;

/**
 * What a run plays, in this order: every fault once; the kills at random points; every fault during all other kinds of step where it
 * matters. Each part goes through the transitions one after the other, because to turn to another takes half a minute.
 *
 * @param only names of faults; all where it is left out.
 */
export function casesOf(only: readonly string[] = []): Case[] {
    const wanted = faults.filter(({ name }) => only.length === 0 || only.includes(name));
    const isKill = ({ name }: Fault): boolean => killsOfTheStep.some((kill) => kill === name);
    const first = wanted.filter((fault) => !isKill(fault)).map((fault) => caseOf(fault, fault.during[0], 1));
    const killing = wanted.filter(isKill);
    const random = killing.length === 0 ? [] : Array.from({ length: kills }, (_, index) => killAt(killing, index));
    const rest = wanted
        .filter((fault) => !isKill(fault))
        .flatMap((fault) => fault.during.slice(1).map((name) => caseOf(fault, name, 1)));
    return [...byTransition(first), ...byTransition(random), ...byTransition(rest)];
}

/** Each of the three, and each kind of step, as often as the others. */
function killAt(killing: readonly Fault[], index: number): Case {
    const fault = killing[index % killing.length] as Fault;
    const round = Math.floor(index / killing.length);
    const transition = fault.during[round % fault.during.length] as string;
    return caseOf(fault, transition, Math.floor(round / fault.during.length) + 1);
}

function caseOf(fault: Fault, transition: string, turn: number): Case {
    return { fault, transition: transitionNamed(transition), turn };
}

function byTransition(cases: readonly Case[]): Case[] {
    return transitions.flatMap((transition) => cases.filter((one) => one.transition === transition));
}

/** A case in words: `etcd killed, weights`, and for all but the first of its kind which it is. */
export function nameOf({ fault, transition, turn }: Case): string {
    return `${fault.name}, ${transition.name}${turn > 1 ? ` (${turn})` : ""}`;
}

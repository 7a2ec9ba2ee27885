import * as pulumi from "@pulumi/pulumi";

/**
 * The run that goes on, told by its monitor, because one process may have several: the same object as long as it is the same run.
 *
 * @returns undefined where nothing calls hooks: mocks have no engine.
 */
export function currentRun(): object | undefined {
    const monitor = pulumi.runtime.getMonitor() ?? {};
    if (!("registerResourceHook" in monitor)) return undefined;
    return isPlugin ? addressOf(monitor as unknown as Monitor) : monitor;
}

/**
 * To be called in a process that makes components for a program in another language: each of them is a call with a monitor of its
 * own, and yet all calls of a run have one engine, which takes a hook's name once, and are one step.
 */
export function runsInPlugin(): void {
    isPlugin = true;
}

/** A client of the engine that goes on with a run. */
interface Monitor {
    getChannel(): { getTarget(): string };
}

/** The same object for each client of one engine. */
function addressOf(monitor: Monitor): object {
    const target = monitor.getChannel().getTarget();
    const address = addresses.get(target) ?? {};
    addresses.set(target, address);
    return address;
}

let isPlugin = false;
const addresses = new Map<string, object>();

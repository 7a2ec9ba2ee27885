import type { ReleaseEvent } from "../hands";
import type { Member } from "../members";
import { secondsSince } from "../durations";
import { show } from "../show";
import type { StackHands } from "../stackHands";
import { StackManyHands } from "../stackManyHands";
import { whereOf } from "../where";

/** Which stack a verb is about, and how it tells. */
export interface About {
    readonly stack: string;
    /** Of the project, where it is another than this one. */
    readonly folder?: string | undefined;
    /** An event a line, for programs. */
    readonly json?: boolean;
    /** Milliseconds for which another update of the stack is waited for. */
    readonly waitForLock?: number;
    /** Hears, beside standard output, what is done. */
    readonly tell?: ((event: ReleaseEvent) => void) | undefined;
}

/** A service of a real stack, and its hands. */
export type StackMember = Member & { readonly hands: StackHands };

/**
 * What a verb about a service is about: of one in a chain the chain, which is told then.
 *
 * @throws when the stack has no such service.
 */
export async function meantBy(service: string, about: About): Promise<string> {
    const { movedAs } = await import("../chain/named");
    const meant = await movedAs(service, about.stack, about.folder);
    if (meant !== service) tellerOf(about)({ kind: "meant", service, chain: meant });
    return meant;
}

/**
 * The services that are released as one with a service, itself first, or the chain of which it is part; each with hands that tell what
 * they do on standard output.
 *
 * @throws when the stack has no such service.
 */
export async function membersFor(asked: string, about: About): Promise<readonly [StackMember, ...StackMember[]]> {
    const [{ groupOf }, { declaredIn }, { StackHands }] = await Promise.all([
        import("../group"),
        import("../shares"),
        import("../stackHands"),
    ]);
    const { stack, folder, waitForLock } = about;
    const service = await meantBy(asked, about);
    const tell = tellerOf(about);
    const handsOf = (name: string): StackMember => ({
        service: name,
        hands: new StackHands(stack, name, tell, folder, { lockWait: waitForLock }),
    });
    const [, ...others] = groupOf(service, await declaredIn(stack, folder));
    return [handsOf(service), ...others.map(handsOf)];
}

/** The hands of a verb about several services, which tell what they do on standard output. */
export function manyHandsFor(about: About): StackManyHands {
    const { stack, folder, waitForLock } = about;
    return new StackManyHands(stack, tellerOf(about), folder, { lockWait: waitForLock });
}

function tellerOf({ stack, folder, json = false, tell }: About): (event: ReleaseEvent) => void {
    const screen = show(process.stdout, json, whereOf(stack, folder));
    return (event) => {
        screen(event);
        tell?.(event);
    };
}

/**
 * Does something that Ctrl-C ends after what is being done just then: a write is never cut off.
 *
 * @param all hands that are told to end.
 */
export async function interruptible<Result>(
    all: readonly { interrupt(): void }[],
    what: () => Promise<Result>,
): Promise<Result> {
    const onInterrupt = (): void => {
        process.stderr.write("\nThe step that is being taken is taken to its end, then it stops.\n");
        for (const hands of all) hands.interrupt();
    };
    process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
    try {
        return await what();
    } finally {
        process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
    }
}

/** Waits so many seconds, or until somebody interrupts. */
export async function restFor(
    seconds: number,
    hands: { readonly isInterrupted: boolean; rest(seconds: number): Promise<void> },
): Promise<void> {
    const began = Date.now();
    while (!hands.isInterrupted && secondsSince(began) < seconds) await hands.rest(seconds - secondsSince(began));
}

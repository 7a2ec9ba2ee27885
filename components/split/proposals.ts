import { bodyAt } from "../traffic/world/values";
import { canonical, identityOf, type Placed } from "../traffic/world/objects";

/** What the components of one run are about to register, in the order of the program. */
export class Proposals {
    private readonly slots: { object?: Placed }[] = [];
    private readonly pending = new Set<Promise<void>>();
    private known?: { readonly all: readonly Placed[]; readonly byIdentity: ReadonlyMap<string, Placed> } | undefined;

    /** Takes note of objects; what can't be known in this run is left out. */
    add(objects: readonly Promise<Placed | undefined>[]): void {
        for (const proposed of objects) {
            const slot: { object?: Placed } = {};
            this.slots.push(slot);
            const noted = proposed
                .catch(() => undefined)
                .then((object) => {
                    this.pending.delete(noted);
                    if (!object) return;
                    slot.object = object;
                    this.known = undefined;
                });
            this.pending.add(noted);
        }
    }

    /**
     * What is known of them by now; what waits for other resources is judged when its own turn comes.
     *
     * @returns the same list as before as long as nothing more is known.
     */
    async settled(): Promise<readonly Placed[]> {
        if (this.pending.size > 0)
            await Promise.race([Promise.all(this.pending), new Promise((resolve) => setTimeout(resolve, turnMs))]);
        return this.read().all;
    }

    /** Whether an object is registered just as it was proposed. */
    has(own: Placed): boolean {
        const proposed = this.read().byIdentity.get(identityOf(own));
        return proposed !== undefined && decides(proposed) === decides(own);
    }

    private read(): NonNullable<Proposals["known"]> {
        if (this.known) return this.known;
        const all = this.slots.flatMap(({ object }) => object ?? []);
        return (this.known = { all, byIdentity: new Map(all.map((one) => [identityOf(one), one])) });
    }
}

/** How long what is about to be known is waited for, in milliseconds. */
const turnMs = 50;

/** What of an object the judge reads; a hook's inputs have more beside it, such as the kind. */
function decides({ body }: Placed): string {
    return canonical([bodyAt(body, "metadata"), bodyAt(body, "spec")]);
}

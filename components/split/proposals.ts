import { bodyAt } from "../traffic/world/values";
import { canonical, identityOf, type Placed, placed } from "../traffic/world/objects";

/** What the components of one run are about to register, in the order of the program. */
export class Proposals {
    private readonly slots: { object?: Placed }[] = [];
    private readonly pending = new Set<Promise<void>>();
    /** Where each was registered, by its identity as it was proposed. */
    private readonly places = new Map<string, string>();
    /** The namespaces whose objects a transform puts into another. */
    private readonly moves = new Map<string, string>();
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

    /** Waits until each of them is known, or known to be left out. */
    async complete(): Promise<void> {
        while (this.pending.size > 0) await Promise.all(this.pending);
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

    /**
     * Takes note of where an object is registered: a transform may put it into another namespace than the program does. All others of
     * the program's namespace go with it, until they are registered elsewhere: those that do not change never are.
     *
     * @param applied what the state has. An object that it has where it is proposed stays there.
     */
    note(own: Placed, applied: readonly Placed[]): void {
        if (this.read().byIdentity.has(identityOf(own))) {
            this.places.set(identityOf(own), own.namespace);
            return;
        }
        const alike = this.proposed().filter(({ kind, name }) => kind === own.kind && name === own.name);
        const same = alike.find(({ namespace }) => namespace === own.namespace);
        // Of several of one name nobody can say which has been moved.
        const found = same ?? (alike.length === 1 ? alike[0] : undefined);
        if (!found) return;
        this.known = undefined;
        this.places.set(identityOf(found), own.namespace);
        if (same) return;
        this.moves.set(found.namespace, own.namespace);
        const stay = new Set(applied.map(identityOf));
        for (const one of this.proposed().map(identityOf))
            if (stay.has(one) && !this.places.has(one)) this.places.set(one, found.namespace);
    }

    /** Whether an object is registered just as it was proposed. */
    has(own: Placed): boolean {
        const proposed = this.read().byIdentity.get(identityOf(own));
        return proposed !== undefined && decides(proposed) === decides(own);
    }

    private read(): NonNullable<Proposals["known"]> {
        if (this.known) return this.known;
        const all = this.proposed().map((one) => this.moved(one));
        return (this.known = { all, byIdentity: new Map(all.map((one) => [identityOf(one), one])) });
    }

    private proposed(): Placed[] {
        return this.slots.flatMap(({ object }) => object ?? []);
    }

    private moved(one: Placed): Placed {
        const namespace = this.places.get(identityOf(one)) ?? this.moves.get(one.namespace) ?? one.namespace;
        return namespace === one.namespace ? one : placedIn(namespace, one);
    }
}

/** How long what is about to be known is waited for, in milliseconds. */
const turnMs = 50;

function placedIn(namespace: string, { kind, body, readyPods, urn }: Placed): Placed {
    return placed(kind, { ...body, metadata: { ...bodyAt(body, "metadata"), namespace } }, { readyPods, urn });
}

/** What of an object the judge reads; a hook's inputs have more beside it, such as the kind. */
function decides({ body }: Placed): string {
    return canonical([bodyAt(body, "metadata"), bodyAt(body, "spec")]);
}

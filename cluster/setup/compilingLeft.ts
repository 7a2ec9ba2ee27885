/** Packages by name, each with the names of those it imports. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** Before so many are compiled, nobody knows how fast this machine is. */
const enoughCompiled = 100;

/**
 * How long the compiling of several programs still takes: as many packages as are left, each as long as one has taken so far. Those that
 * an earlier build had compiled are not told apart beforehand; they count as done as soon as one that imports them is begun.
 */
export class CompilingLeft {
    private readonly imports = new Map<string, readonly string[]>();
    private readonly done = new Set<string>();
    private compiled = 0;
    private start?: number;

    /** @param now milliseconds, of any clock that goes evenly; default this process' own */
    constructor(private readonly now: () => number = () => performance.now()) {}

    /** Packages that are to be there in the end; several programs may share them. */
    add(packages: Imports): void {
        for (const [name, imports] of packages) this.imports.set(name, imports);
    }

    /** Compiling begins, or goes on. */
    goesOn(): void {
        this.start ??= this.now();
    }

    /** A package is begun: what it imports is there. */
    begun(name: string): void {
        this.compiled++;
        const open = [name];
        for (let one = open.pop(); one !== undefined; one = open.pop()) {
            if (this.done.has(one)) continue;
            this.done.add(one);
            open.push(...(this.imports.get(one) ?? []));
        }
    }

    /** A program is whole, and so are all of its packages. */
    finished(packages: Imports): void {
        for (const name of packages.keys()) this.done.add(name);
    }

    /** How many packages of a program are done or begun. */
    doneOf(packages: Imports): number {
        return [...packages.keys()].filter((name) => this.done.has(name)).length;
    }

    /** The time left in milliseconds; undefined while too little is compiled to know. */
    milliseconds(): number | undefined {
        if (this.start === undefined || this.compiled < enoughCompiled) return undefined;
        const left = [...this.imports.keys()].filter((name) => !this.done.has(name)).length;
        return (left * (this.now() - this.start)) / this.compiled;
    }
}

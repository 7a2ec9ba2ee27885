import { type ServiceTraffic, StepTraffic } from "../gate/traffic";
import type { Hands } from "./hands";
import { countedIn, type Moved } from "./members";
import { trafficWords } from "./progress";

/** Hands that count, until they are told to end. */
export interface CountingHands extends Hands {
    interrupt(): void;
    close(): void;
}

/** What is known of one release: of each of its services, once a first window is over, or why nothing is. */
export interface Watched {
    readonly service: string;
    readonly traffic: readonly ServiceTraffic[];
    readonly why?: string | undefined;
}

/**
 * What users' own requests say of the releases that are under way, counted for as long as somebody looks on: by what the release itself
 * is judged by, at the shares that serve now. Where they change it begins anew.
 */
export class LiveTraffic {
    private readonly counters = new Map<string, Counter>();

    /** @param handsOf a service, whose release is declared. */
    constructor(private readonly handsOf: (service: string) => CountingHands) {}

    /** What was counted of these until now; it begins with those that are new, and ends with those that are gone. */
    of(services: readonly string[]): Watched[] {
        for (const [service, counter] of this.counters)
            if (!services.includes(service)) {
                this.counters.delete(service);
                void counter.end();
            }
        for (const service of services)
            if (!this.counters.has(service)) this.counters.set(service, new Counter(this.handsOf(service)));
        return services.flatMap((service) => this.counters.get(service)?.known(service) ?? []);
    }

    /** Ends all of it. */
    async close(): Promise<void> {
        await Promise.all([...this.counters.values()].map((one) => one.end()));
    }
}

/** The same in lines for people. */
export function watchedWords({ service, traffic, why }: Watched): string[] {
    if (why !== undefined) return [`${service}: not counted: ${why}`];
    if (traffic.length === 0)
        return [`${service}: its requests are counted from now on, and told once there are some.`];
    return traffic.map(trafficWords);
}

/** Counts the requests of one release. */
class Counter {
    private readonly sums = new Map<string, StepTraffic>();
    private traffic: readonly ServiceTraffic[] = [];
    private why: string | undefined;
    private readonly ended: Promise<void>;

    constructor(private readonly hands: CountingHands) {
        this.ended = this.count();
    }

    known(service: string): Watched {
        return { service, traffic: this.traffic, why: this.why };
    }

    async end(): Promise<void> {
        this.hands.interrupt();
        await this.ended;
        this.hands.close();
    }

    private async count(): Promise<void> {
        const { hands } = this;
        while (!hands.isInterrupted)
            try {
                const [{ to, baseline }, served] = await Promise.all([hands.settings(), hands.served()]);
                const parts = countedIn({ service: served.name, to, baseline, served, hands });
                const all = await Promise.all(parts.map((one) => this.window(one)));
                this.traffic = all.filter((one) => one !== undefined);
                this.why = undefined;
            } catch (error) {
                this.why = (error as Error).message;
                await hands.rest(pauseSeconds);
            }
    }

    /** One window more of a service. @returns all that was counted of it at these weights; undefined where nothing was yet */
    private async window({ service, to, served, hands }: Moved): Promise<ServiceTraffic | undefined> {
        const { stable, weights, host } = served;
        // A share is a step: what was counted at another says nothing of this one.
        const step = weights[to] ?? 0;
        const window = await hands.window({ canary: to, stable, step }, host);
        const sum = this.sums.get(service) ?? new StepTraffic();
        this.sums.set(service, sum);
        if (window) sum.add(window);
        return sum.at(step, { service, canary: to, stable, isCopied: step === 0 });
    }
}

/** Seconds until it is tried again where nothing could be counted. */
const pauseSeconds = 5;

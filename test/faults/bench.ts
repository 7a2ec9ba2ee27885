import { until } from "../../cluster/embedded/probes";
import { bundleIfStale } from "../../cluster/setup/bundle.mjs";
import { exportedState, resourcesIn } from "../../rollout/exported";
import { pulumi } from "../../rollout/pulumi";
import { repair } from "../../rollout/repair";
import { stackOutputs } from "../../systems/play/outputs";
import { removeConfig } from "../../rollout/stack";
import { configure } from "../../systems/play/tell";
import { kubectl } from "../support/kubectl";
import { removeBoth, stackOnCluster } from "../support/stackOnCluster";
import { Traffic } from "./traffic";
import { sharesIn, type End, type Transition, transitionNamed } from "./transitions";

/** Where a bench is between two faults. */
export interface Place {
    readonly transition: string;
    readonly at: 0 | 1;
    readonly stepSeconds: number;
}

/** A cluster and a stack of their own, with one system under load at a time. */
export class Bench {
    /** The load that goes on; begun anew where a fault has ended it or needs another way in. */
    private traffic: { readonly load: Traffic; readonly isOutside: boolean } | undefined;
    private transition: Transition | undefined;
    private system: string | undefined;
    private at: 0 | 1 = 0;
    /** Seconds that an undisturbed step of this transition takes, under load. */
    stepSeconds = 5;

    /** @param name of both. */
    constructor(readonly name: string) {}

    /** Brings both up, or takes them as an earlier run has left them. */
    async begin(): Promise<void> {
        await bundleIfStale();
        await stackOnCluster(this.name, {}, { database: true });
        for (const fixed of await repair(this.name)) console.log(`fixed: ${fixed}`);
        const isUp = resourcesIn(await exportedState(this.name)).length > 1;
        // What is applied, and not what the config says by now: an update that was to bring another may not have been made.
        const { urls = {} } = isUp ? await stackOutputs(this.name) : {};
        [this.system] = Object.keys(urls);
    }

    /** Where it is, for a later run on the same cluster. */
    get place(): Place | undefined {
        return this.transition && { transition: this.transition.name, at: this.at, stepSeconds: this.stepSeconds };
    }

    /** Goes on where an earlier run has left it, if the cluster has what that says. */
    async resume({ transition, at, stepSeconds }: Place): Promise<void> {
        const found = transitionNamed(transition);
        if (found.story.system !== this.system) return;
        this.transition = found;
        if ((await this.shares()) === found.ends[at].live) {
            this.at = at;
            this.stepSeconds = stepSeconds;
        } else this.transition = undefined;
    }

    /** Where a fault has left it is not known: the next one begins from the beginning of its transition, on a cluster that runs. */
    async forget(): Promise<void> {
        await this.quiet();
        this.transition = undefined;
        await this.begin();
    }

    async end(): Promise<void> {
        await this.traffic?.load.stop();
        await removeBoth(this.name);
    }

    /** Brings the system of a transition up, in its first state, and times an undisturbed step there and back. */
    async turnTo(transition: Transition): Promise<void> {
        if (this.transition === transition) return;
        await this.quiet();
        const { story, base, ends } = transition;
        if (this.system !== story.system) {
            // Last, since a story may begin with nothing to be removed.
            const change = { system: story.system, ...(this.system && { remove: this.system }) };
            await configure(this.name, { config: { ...story.beginning.config, canaryHeader: undefined, ...change } });
            await this.up();
            await removeConfig(this.name, "remove");
            this.system = story.system;
        }
        // One after the other: what is taken away is taken last.
        await configure(this.name, story.beginning);
        await configure(this.name, { config: base });
        await this.up();
        await configure(this.name, ends[0]);
        await this.up();
        this.transition = transition;
        this.at = 0;
        await this.load();
        const began = Date.now();
        for (const end of [ends[1], ends[0]]) {
            await configure(this.name, end);
            await this.up();
        }
        this.stepSeconds = (Date.now() - began) / 2000;
    }

    /** Where the transition is, and where the next step goes. */
    ends(): { readonly from: End; readonly to: End } {
        if (!this.transition) throw new Error("The bench has not turned to any transition.");
        const [first, second] = this.transition.ends;
        return this.at === 0 ? { from: first, to: second } : { from: second, to: first };
    }

    /** Makes the step back undisturbed, where the transition is at its second state. */
    async goBack(): Promise<void> {
        if (this.at === 0) return;
        await configure(this.name, this.ends().to);
        await this.up();
        this.at = 0;
    }

    /** The step was made. */
    arrived(): void {
        this.at = this.at === 0 ? 1 : 0;
    }

    /** The load on the system of now. @param isOutside whether it comes by the machine's loopback */
    async load(isOutside = false): Promise<Traffic> {
        if (this.traffic?.isOutside === isOutside) return this.traffic.load;
        await this.quiet();
        if (!this.transition) throw new Error("The bench has not turned to any transition.");
        const load = await Traffic.on(this.transition.story, await stackOutputs(this.name), isOutside);
        this.traffic = { load, isOutside };
        return load;
    }

    /** Ends the load: the next fault gets a new one. */
    async quiet(): Promise<void> {
        await this.traffic?.load.stop();
        this.traffic = undefined;
    }

    /** The shares that the cluster has now, as `sharesIn` tells them. An API server that is just starting is waited for. */
    async shares(): Promise<string> {
        if (!this.transition) throw new Error("The bench has not turned to any transition.");
        const ask = ["get", ...this.transition.shares, "-o", "json", "--request-timeout=5s"];
        let shares = "";
        await until(async () => (shares = sharesIn(await kubectl(this.name, ask))), 120_000);
        return shares;
    }

    private async up(): Promise<void> {
        await pulumi(["up", "--yes", "--skip-preview", "--stack", this.name]);
    }
}

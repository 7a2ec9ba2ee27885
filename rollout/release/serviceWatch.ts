import { type ChecksOfStep, type CheckWord, type StepChecks, withChecks } from "../gate/checks/stepChecks";
import { combined } from "../gate/gate";
import { openChecks } from "./checks";
import type { ServiceTraffic } from "../gate/traffic";
import { GateWatch, type Judged, type LookAt } from "./gateWatch";
import { longest } from "./left";
import { countedIn, type Moved } from "./members";
import type { ReleaseStep } from "./steps";

/** What one look at a service says. */
export interface Said extends Pick<Judged, "verdict" | "reason" | "left"> {
    /** Of each service that is counted, and of which something was at this step. */
    readonly traffic: readonly ServiceTraffic[];
    /** What its further checks have answered since the look before. */
    readonly fresh: readonly CheckWord[];
    /** Whether it has none: of testers alone there is nothing else to be told. */
    readonly isUnchecked: boolean;
}

/** Looks at one member of a release, a service or a chain: at what is counted of it, and by its further checks. */
export class ServiceWatch {
    private readonly gates = new Map<string, GateWatch>();
    private checks?: StepChecks;
    private ofStep?: ChecksOfStep | undefined;

    /** @param members of the release: what is counted of all of them shares the chance of failing a good one. */
    constructor(private readonly members: readonly Moved[]) {}

    /** Begins with a step. @throws where a check can never be asked */
    async begin(step: ReleaseStep, { service, to, served, hands }: Moved): Promise<void> {
        const { stable, weights, host } = served;
        this.checks ??= openChecks(await hands.settings(), hands);
        const { namespace } = host;
        this.ofStep = this.checks.at({ service, namespace, stack: hands.stack, to, stable, step: step.name, weights });
    }

    /** Ends what still runs of a step: its checks are not asked any more. @param isPassed whether the step was passed */
    async end(isPassed: boolean): Promise<void> {
        const { ofStep } = this;
        this.ofStep = undefined;
        await ofStep?.end(isPassed);
    }

    /** One look more. */
    async look(moved: Moved, at: LookAt): Promise<Said> {
        this.ofStep?.ask();
        const judged = await Promise.all(countedIn(moved).map((one) => this.gateOf(one).look(one, at)));
        const { verdict, reason } = combined(judged);
        const { all = [], fresh = [] } = this.ofStep?.look() ?? {};
        const isUnchecked = this.ofStep?.isEmpty ?? true;
        const named = (one: CheckWord): CheckWord => ({ ...one, check: this.nameOf(one.check, moved) });
        return {
            ...withChecks({ verdict, reason }, all.map(named)),
            traffic: judged.flatMap(({ traffic }) => traffic ?? []),
            left: longest(judged.map(({ left }) => left)),
            fresh: fresh.map(named),
            isUnchecked,
        };
    }

    private gateOf({ service }: Moved): GateWatch {
        const found = this.gates.get(service) ?? new GateWatch(this.members.flatMap(countedIn).length);
        this.gates.set(service, found);
        return found;
    }

    /** A check as it is told: of several services each may have one of the same name. */
    private nameOf(check: string, { service }: Moved): string {
        return this.members.length > 1 ? `${service} ${check}` : check;
    }
}

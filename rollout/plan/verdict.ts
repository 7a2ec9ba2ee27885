import type { LiveObject } from "../../components/mesh/live";
import type { SeenResource } from "../../components/traffic/judge/appliedIn";
import type { Finding } from "../../components/traffic/judge/finding";
import { seenTypes } from "../../components/split/seenTypes";
import type { Settings } from "../../config/read";
const judge: any = 0;
import type { Change } from "./events";

/** What the live cluster said, or why it said nothing. */
export type Live =
    | {
          readonly objects: readonly LiveObject[];
          /** Ready pods by service and version, where a switch is declared. */
          readonly pods?: Readonly<Record<string, Readonly<Record<string, number>>>>;
      }
    | {
          readonly why: string;
          /** Whether it was not even asked, because nothing tells where it is. */
          readonly unasked?: true;
      };

/** The verdict of `upshift guard` on the step that the config asks for, of what the plan has read already. */
export function verdictOf(settings: Settings, applied: readonly Change[], live: Live): readonly Finding[] {
    const cluster = "why" in live ? new Error(live.why) : { seen: seenLive(live.objects), pods: live.pods ?? {} };
    return judge(settings, seenIn(applied), cluster).findings;
}

/** What was last applied of the kinds that say who serves. */
export function seenIn(applied: readonly Change[]): SeenResource[] {
    return applied.flatMap(({ type, old }) => {
        const [, kind] = seenTypes.exec(type) ?? [];
        if (!kind || !old) return [];
        return seenLive([{ metadata: { name: "" }, ...old.inputs, kind }]);
    });
}

/** The same of the cluster. */
export function seenLive(objects: readonly LiveObject[]): SeenResource[] {
    return objects.map(({ kind, metadata: { name, namespace = "default" }, spec }) => ({
        kind,
        name,
        namespace,
        spec,
    }));
}

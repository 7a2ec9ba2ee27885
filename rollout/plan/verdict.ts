import type { LiveObject } from "../../components/mesh/live";
import type { Finding } from "../../components/traffic/finding";
import type { Settings } from "../../config/read";
import { judge } from "../guard/judge";
import type { Change } from "./events";
import { kindOf } from "./resources";

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
    const seen = "why" in live ? new Error(live.why) : { routes: routesOf(live.objects), pods: live.pods ?? {} };
    const state = applied.flatMap(({ type, old }) => (old ? [{ ...asObject(old.inputs), kind: kindOf(type) }] : []));
    return judge(settings, routesOf(state), seen).findings;
}

function routesOf(objects: readonly LiveObject[]): { kind: string; namespace: string; spec: unknown }[] {
    return objects
        .filter(({ kind }) => kind === "VirtualService")
        .map(({ kind, metadata, spec }) => ({ kind, namespace: metadata.namespace ?? "default", spec }));
}

function asObject(inputs: Readonly<Record<string, unknown>>): LiveObject {
    return { metadata: { name: "" }, ...inputs } as unknown as LiveObject;
}
